using RenderFarm.Imaging;

namespace RenderFarm.Diffusion;

/// <summary>A finished image.</summary>
/// <param name="Image">Its pixels.</param>
/// <param name="Seed">The seed it was made from.</param>
/// <param name="RenderTime">From its first turn in the engine to finished pixels; waiting for a slot is not counted.</param>
public sealed record GenerationResult(RgbImage Image, uint Seed, TimeSpan RenderTime)
{
    /// <summary>Whether the checkpoint's safety checker holds the image to be unsafe; null where it brings none. The image is never changed for it.</summary>
    public bool? SafetyFlag { get; init; }

    /// <summary>How strongly the checker does; 0 or 1 where it answers only yes or no; null where there is none.</summary>
    public double? SafetyScore { get; init; }
}

/// <summary>How far an image is.</summary>
/// <param name="Turn">UNet evaluations done.</param>
/// <param name="Turns">UNet evaluations needed.</param>
public readonly record struct GenerationProgress(int Turn, int Turns);
