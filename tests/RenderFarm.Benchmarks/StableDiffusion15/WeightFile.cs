using System.Runtime.InteropServices;

namespace RenderFarm.Benchmarks.StableDiffusion15;

/// <summary>Writes the weights of a graph into a file of their own, gigabytes of them: random numbers that follow from a seed alone.</summary>
/// <remarks>Generator: SplitMix64 (Steele, Lea and Flood 2014), the upper 24 bits of each output.</remarks>
internal sealed class WeightFile : IDisposable
{
    // ONNX Runtime maps external weights into memory by whole pages.
    private const int Alignment = 4096;
    private const int BlockLength = 1 << 20;
    private readonly FileStream _stream;
    private readonly float[] _block = new float[BlockLength];
    private ulong _state;

    public WeightFile(string folder, string name, ulong seed)
    {
        Name = name;
        _state = seed;
        _stream = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
    }

    /// <summary>The file's name in its folder.</summary>
    public string Name { get; }

    /// <summary>Numbers written so far.</summary>
    public long Parameters { get; private set; }

    /// <summary>Uniform numbers of a standard deviation.</summary>
    /// <returns>Where they begin, in bytes.</returns>
    public long Random(long count, double deviation)
    {
        var scale = (float)(deviation * Math.Sqrt(3) / (1 << 23));
        return Write(count, block =>
        {
            foreach (ref var value in block) value = ((int)(Next() >> 40) - (1 << 23)) * scale;
        });
    }

    /// <summary>The same number again and again.</summary>
    /// <returns>Where they begin, in bytes.</returns>
    public long Constant(long count, float value) => Write(count, block => block.Fill(value));

    public void Dispose() => _stream.Dispose();

    private long Write(long count, FillBlock fill)
    {
        var offset = (_stream.Position + Alignment - 1) / Alignment * Alignment;
        _stream.Position = offset;
        for (var written = 0L; written < count; written += BlockLength)
        {
            var block = _block.AsSpan(0, (int)Math.Min(BlockLength, count - written));
            fill(block);
            _stream.Write(MemoryMarshal.AsBytes(block));
        }

        Parameters += count;
        return offset;
    }

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private delegate void FillBlock(Span<float> block);
}
