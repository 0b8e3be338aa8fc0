namespace RenderFarm.Contracts.Api;

/// <summary>A second pass at a larger size, as a request asks for it.</summary>
public sealed record HiresSettings
{
    /// <summary>Size of the image over width and height, 1…4; both sides are rounded to the nearest multiple that the checkpoint takes, and are up to 2,048.</summary>
    public required double Scale { get; init; }

    /// <summary>How the first pass is enlarged: latent, lanczos, or an upscaler that a worker holds, by its name or digest; default latent.</summary>
    public string? Upscaler { get; init; }

    /// <summary>Steps that the second pass runs, 1…1,000; default: as many as the first has.</summary>
    public int? Steps { get; init; }

    /// <summary>How much of the first pass is given up, 0…1; default 0.7. The steps are the last of a schedule of steps ÷ strength, which has up to 1,000.</summary>
    public double? Strength { get; init; }
}
