using RenderFarm.Diffusion.Onnx;

namespace RenderFarm.Diffusion.Denoising.UNetCalls;

/// <summary>An input with some numbers for each row, which seldom change: they go to the graph only after they did.</summary>
/// <param name="name">The graph's name for it.</param>
/// <param name="tensor">[rows, …]; owned from now on.</param>
/// <param name="rows">Rows of the call.</param>
internal sealed class RowInput(string name, FloatTensor tensor, int rows) : IDisposable
{
    private readonly int _length = tensor.Values.Length / rows;
    private bool _changed = true;

    public string Name => name;

    public FloatTensor Tensor => tensor;

    /// <summary>Sets the numbers of a row.</summary>
    /// <exception cref="ArgumentException">They are more or fewer than the graph takes.</exception>
    public void Set(int row, ReadOnlySpan<float> values)
    {
        if (values.Length != _length) throw new ArgumentException($"'{name}' takes {_length} numbers a row, not {values.Length}.", nameof(values));
        values.CopyTo(tensor.Values.Slice(row * _length, _length));
        _changed = true;
    }

    public void ToGraph()
    {
        if (_changed) tensor.ToGraph();
        _changed = false;
    }

    public void Dispose() => tensor.Dispose();
}
