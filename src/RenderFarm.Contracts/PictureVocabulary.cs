namespace RenderFarm.Contracts;

/// <summary>What of a masked picture is worked on.</summary>
public static class InpaintAreas
{
    /// <summary>The whole picture.</summary>
    public const string Whole = "whole";

    /// <summary>The box around the mask, at the full size of the image; the result is pasted back.</summary>
    public const string Masked = "masked";

    /// <summary>Every area a recipe may hold.</summary>
    public static IReadOnlyList<string> All { get; } = [Whole, Masked];
}

/// <summary>What the masked area holds before the first step.</summary>
public static class InpaintFills
{
    /// <summary>What was there.</summary>
    public const string Original = "original";

    /// <summary>The colours around it, smeared into it.</summary>
    public const string Fill = "fill";

    /// <summary>Noise in the latent.</summary>
    public const string Noise = "noise";

    /// <summary>Zeros in the latent.</summary>
    public const string Nothing = "nothing";

    /// <summary>Every fill a recipe may hold.</summary>
    public static IReadOnlyList<string> All { get; } = [Original, Fill, Noise, Nothing];
}

/// <summary>How the first pass becomes the beginning of the second.</summary>
public static class HiresUpscalers
{
    /// <summary>The latent is enlarged, bilinearly.</summary>
    public const string Latent = "latent";

    /// <summary>The picture is enlarged with a Lanczos filter, and encoded again.</summary>
    public const string Lanczos = "lanczos";

    /// <summary>Every way to enlarge that needs no file.</summary>
    public static IReadOnlyList<string> All { get; } = [Latent, Lanczos];

    /// <summary>The digest of the file that a second pass needs; null where it needs none.</summary>
    public static string? FileOf(string? upscaler) => upscaler is null || All.Contains(upscaler) ? null : upscaler;
}

/// <summary>Defaults of the settings that go with pictures.</summary>
public static class PictureDefaults
{
    /// <summary>How much of a picture to begin from is given up.</summary>
    public const double Strength = 0.75;

    /// <summary>Standard deviation in pixels of the blur that softens a mask's edge.</summary>
    public const int MaskBlur = 4;

    /// <summary>Pixels around a mask that are worked on with it.</summary>
    public const int InpaintPadding = 32;

    /// <summary>Noise level at which an upscaling checkpoint sees its picture: diffusers' default.</summary>
    public const int UpscaleNoiseLevel = 20;

    /// <summary>How much of the first pass the second gives up.</summary>
    public const double HiresStrength = 0.7;
}
