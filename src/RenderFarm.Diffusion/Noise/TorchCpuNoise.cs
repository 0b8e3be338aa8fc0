namespace RenderFarm.Diffusion.Noise;

/// <summary>
/// Reproduces <c>torch.randn(shape, generator=torch.Generator().manual_seed(seed))</c>, float32, on the CPU.
/// </summary>
/// <remarks>
/// This implementation matches ATen's <c>CPUGeneratorImpl</c>, <c>normal_distribution&lt;double&gt;</c> and <c>normal_fill</c>
/// (aten/src/ATen/core/DistributionsHelper.h, aten/src/ATen/native/cpu/DistributionTemplates.h): draws of fewer than 16 elements
/// take Box–Muller pairs of 53-bit uniforms one by one and keep an unused half for the next small draw; larger draws take all their
/// 24-bit uniforms first and transform them in blocks of 16.
/// <para>Limitations: torch itself has no single answer for draws of 16 and more: its AVX2 code approximates logarithm, sine and cosine,
/// so its values differ between machines in the last bits (up to 1.4e-6). This class computes them in double and rounds, so it
/// gives the same bits on every machine and agrees with torch within 2e-6.</para>
/// </remarks>
public sealed class TorchCpuNoise : INoiseStream
{
    private const int Block = 16;
    private const int Half = Block / 2;

    private readonly MersenneTwister generator;
    private double? spare;

    /// <summary>A stream at its beginning.</summary>
    /// <param name="seed">The low 32 bits of torch's seed; torch's generator looks at no others.</param>
    public TorchCpuNoise(uint seed) => generator = new MersenneTwister(seed);

    /// <inheritdoc/>
    public void Draw(Span<float> destination)
    {
        if (destination.Length < Block) DrawOneByOne(destination);
        else DrawInBlocks(destination);
    }

    private void DrawOneByOne(Span<float> destination)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = (float)NextNormal();
        }
    }

    private double NextNormal()
    {
        if (spare is { } kept)
        {
            spare = null;
            return kept;
        }

        var u1 = NextUniform53();
        var u2 = NextUniform53();
        var radius = Math.Sqrt(-2.0 * Math.Log(1.0 - u2));
        var theta = 2.0 * Math.PI * u1;
        spare = radius * Math.Sin(theta);
        return radius * Math.Cos(theta);
    }

    private void DrawInBlocks(Span<float> destination)
    {
        FillUniform(destination);
        for (var start = 0; start + Block <= destination.Length; start += Block)
        {
            TransformBlock(destination.Slice(start, Block));
        }

        if (destination.Length % Block == 0) return;

        // torch recomputes a whole last block from fresh uniforms, overwriting values that were already normal.
        var last = destination[^Block..];
        FillUniform(last);
        TransformBlock(last);
    }

    private void FillUniform(Span<float> destination)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = (generator.NextUInt32() & 0xFFFFFF) * (1.0f / (1 << 24));
        }
    }

    private static void TransformBlock(Span<float> block)
    {
        for (var j = 0; j < Half; j++)
        {
            // 1 - u keeps the logarithm away from zero: u may be 0 but never 1.
            var u1 = 1.0f - block[j];
            var radius = (float)Math.Sqrt(-2.0f * (float)Math.Log(u1));
            double theta = (float)(2.0 * Math.PI * block[j + Half]);
            block[j] = radius * (float)Math.Cos(theta);
            block[j + Half] = radius * (float)Math.Sin(theta);
        }
    }

    private double NextUniform53()
    {
        ulong high = generator.NextUInt32();
        var bits = (high << 32) | generator.NextUInt32();
        return (bits & ((1UL << 53) - 1)) * (1.0 / (1UL << 53));
    }
}
