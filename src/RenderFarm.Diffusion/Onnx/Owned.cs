namespace RenderFarm.Diffusion.Onnx;

/// <summary>
/// Parts of something that is being put together. If it never is, because memory ran out between two of them, they are freed; native memory waits for no
/// collector, and the next try needs it.
/// </summary>
internal sealed class Owned : IDisposable
{
    private readonly Stack<IDisposable> _parts = new();

    /// <summary>Takes a part.</summary>
    public T Add<T>(T part)
        where T : IDisposable
    {
        _parts.Push(part);
        return part;
    }

    /// <summary>It is put together and owns its parts itself.</summary>
    public T Release<T>(T whole)
    {
        _parts.Clear();
        return whole;
    }

    /// <summary>Frees what was taken and not released, the last first.</summary>
    public void Dispose()
    {
        while (_parts.TryPop(out var part)) part.Dispose();
    }
}
