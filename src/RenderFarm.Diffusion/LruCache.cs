using System.Diagnostics.CodeAnalysis;

namespace RenderFarm.Diffusion;

/// <summary>Keeps the most recently used values, up to a capacity. Safe for concurrent use.</summary>
internal sealed class LruCache<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _nodes = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _recent = new();

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(key, out var node))
            {
                value = default;
                return false;
            }

            _recent.Remove(node);
            _recent.AddFirst(node);
            value = node.Value.Value;
            return true;
        }
    }

    public void Add(TKey key, TValue value)
    {
        lock (_gate)
        {
            if (capacity == 0 || _nodes.ContainsKey(key)) return;
            _nodes[key] = _recent.AddFirst((key, value));
            if (_nodes.Count <= capacity) return;
            _nodes.Remove(_recent.Last!.Value.Key);
            _recent.RemoveLast();
        }
    }
}
