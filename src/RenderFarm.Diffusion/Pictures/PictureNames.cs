namespace RenderFarm.Diffusion.Pictures;

/// <summary>The names that recipes use for what happens to pictures.</summary>
public static class PictureNames
{
    /// <summary>What the UNet sees of a picture that is repainted in part.</summary>
    public static IReadOnlyList<string> Areas { get; } = [Whole, Masked];

    /// <summary>What repainting begins with under the mask.</summary>
    public static IReadOnlyList<string> Fills { get; } = [Original, Fill, Noise, Nothing];

    /// <summary>How the second pass's picture is made larger, beside upscalers by their own names.</summary>
    public static IReadOnlyList<string> Upscalers { get; } = [Latent, Lanczos];

    internal const string Whole = "whole";
    internal const string Masked = "masked";
    internal const string Original = "original";
    internal const string Fill = "fill";
    internal const string Noise = "noise";
    internal const string Nothing = "nothing";
    internal const string Latent = "latent";
    internal const string Lanczos = "lanczos";
}
