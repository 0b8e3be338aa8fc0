namespace RenderFarm.Diffusion.Sampling;

/// <summary>The last few tensors of one image, newest first, in buffers allocated once.</summary>
internal sealed class LatentHistory
{
    private readonly float[][] buffers;

    /// <summary>Allocates the buffers.</summary>
    /// <param name="depth">Tensors kept.</param>
    /// <param name="length">Elements of each.</param>
    public LatentHistory(int depth, int length)
    {
        buffers = new float[depth][];
        for (var i = 0; i < depth; i++) buffers[i] = new float[length];
    }

    /// <summary>Tensors pushed so far, at most the depth.</summary>
    public int Count { get; private set; }

    /// <summary>A tensor by age; 0 is the newest.</summary>
    public float[] this[int age] => buffers[age];

    /// <summary>Makes room for a new tensor in place of the oldest and returns its buffer, to be filled by the caller.</summary>
    public float[] Push()
    {
        var oldest = buffers[^1];
        Array.Copy(buffers, 0, buffers, 1, buffers.Length - 1);
        buffers[0] = oldest;
        Count = Math.Min(Count + 1, buffers.Length);
        return oldest;
    }
}
