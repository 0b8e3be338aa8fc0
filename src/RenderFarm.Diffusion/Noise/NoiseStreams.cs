namespace RenderFarm.Diffusion.Noise;

/// <summary>Makes noise streams from the names recipes use.</summary>
public static class NoiseStreams
{
    private static readonly Dictionary<string, Func<uint, INoiseStream>> Makers = new(StringComparer.Ordinal)
    {
        ["torch_cpu"] = seed => new TorchCpuNoise(seed),
        ["torch_cuda"] = seed => new TorchCudaNoise(seed),
    };

    /// <summary>The noise sources that <see cref="Create"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Makers.Keys];

    /// <summary>The stream of one image, at its beginning.</summary>
    /// <param name="noiseSource">One of <see cref="Names"/>.</param>
    /// <param name="seed">Seed of the image.</param>
    /// <exception cref="ArgumentException">The noise source is unknown.</exception>
    public static INoiseStream Create(string noiseSource, uint seed) =>
        Makers.TryGetValue(noiseSource, out var make)
            ? make(seed)
            : throw new ArgumentException(
                $"Unknown noise source '{noiseSource}'; known are {string.Join(", ", Names)}.", nameof(noiseSource));
}
