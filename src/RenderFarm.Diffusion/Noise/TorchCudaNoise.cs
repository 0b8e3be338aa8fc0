namespace RenderFarm.Diffusion.Noise;

/// <summary>
/// Reproduces <c>torch.randn(shape, device="cuda")</c> after <c>torch.manual_seed(seed)</c>, float32, which A1111 calls "NV".
/// </summary>
/// <remarks>
/// This implementation matches A1111's <c>modules/rng_philox.py</c>: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy
/// as 1, 2, 3") with key (seed, 0) and counter (draw number, 0, element, 0), whose first two words make one normal by Box–Muller. It is
/// computed in double and rounded once, so its bits do not depend on the machine; CUDA computes in float32 and differs in the last bit here and there.
/// <para>Limitations: torch on CUDA follows this rule only while a draw has no more elements than the GPU runs threads at once (43,008 on
/// an RTX 3060, enough for a 512 × 512 picture, more on larger GPUs); beyond that its values depend on the GPU. This class, like
/// A1111, continues the one-element-a-thread rule, so its values never do.</para>
/// </remarks>
public sealed class TorchCudaNoise : INoiseStream
{
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier2 = 0xCD9E8D57;
    private const uint KeyStep0 = 0x9E3779B9;
    private const uint KeyStep1 = 0xBB67AE85;
    private const int Rounds = 10;

    private const double UnitStep = 1.0 / 4294967296.0;
    private const double AngleStep = 2.0 * Math.PI / 4294967296.0;

    private readonly uint seed;
    private uint draws;

    /// <summary>A stream at its beginning.</summary>
    /// <param name="seed">Low 32 bits of the key; the high 32 bits are 0.</param>
    public TorchCudaNoise(uint seed) => this.seed = seed;

    /// <inheritdoc/>
    public void Draw(Span<float> destination)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            var (first, second) = FirstTwoWords(draws, (uint)i);
            destination[i] = BoxMuller(first, second);
        }

        draws++;
    }

    private static float BoxMuller(uint first, uint second)
    {
        var u = (first * UnitStep) + (UnitStep / 2);
        var angle = (second * AngleStep) + (AngleStep / 2);
        return (float)(Math.Sqrt(-2.0 * Math.Log(u)) * Math.Sin(angle));
    }

    private (uint First, uint Second) FirstTwoWords(uint draw, uint element)
    {
        var (c0, c1, c2, c3) = (draw, 0u, element, 0u);
        var (key0, key1) = (seed, 0u);
        for (var round = 0; round < Rounds; round++)
        {
            var product0 = (ulong)c0 * Multiplier0;
            var product2 = (ulong)c2 * Multiplier2;
            (c0, c1, c2, c3) = (
                (uint)(product2 >> 32) ^ c1 ^ key0,
                (uint)product2,
                (uint)(product0 >> 32) ^ c3 ^ key1,
                (uint)product0);
            key0 += KeyStep0;
            key1 += KeyStep1;
        }

        return (c0, c1);
    }
}
