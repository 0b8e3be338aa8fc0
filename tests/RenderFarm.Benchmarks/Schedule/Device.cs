namespace RenderFarm.Benchmarks.Schedule;

/// <summary>A simulated device: a call over images costs <paramref name="Call"/> + <paramref name="Image"/> × their sizes.</summary>
/// <param name="Name">What it stands for, and whether its constants are fitted or predicted.</param>
/// <param name="Call">Seconds a call costs whatever is in it: launches, small kernels.</param>
/// <param name="Image">Seconds for the two rows (guidance) of one 512×512 image.</param>
/// <param name="Bound">What the 99th percentile of the latency must stay below, seconds.</param>
internal sealed record Device(string Name, double Call, double Image, double Bound)
{
    /// <summary>Seconds for decoding one image; on the device, so that nothing overlaps for free.</summary>
    public const double Decode = 0.005;

    /// <summary>Most images in a call.</summary>
    public const int MaxImages = 16;

    /// <summary>The devices of the comparison.</summary>
    public static readonly Device[] All =
    [
        new("H200 predicted", 0.0082, 0.0032, 10),
        new("H200 with CUDA graph, predicted", 0.003, 0.0032, 10),
        new("A100 fitted", 0.0055, 0.0167, 20),
    ];

    /// <summary>Seconds of one call over images of this total size.</summary>
    /// <param name="size">Sum of <see cref="SimulatedImage.Size"/>.</param>
    public double Cost(double size) => Call + (Image * size);
}
