using System.Text.Json.Serialization;

namespace RenderFarm.Contracts;

/// <summary>A second pass over the finished first one, at a larger size: all of it written out, as part of a recipe.</summary>
public sealed record HiresPass
{
    /// <summary>Size of the second pass over that of the first, 1…4; 1 is no second pass.</summary>
    [JsonPropertyName("scale")]
    public required double Scale { get; init; }

    /// <summary>latent, lanczos, or the digest of an upscaler's file: <c>sha256:</c> and 64 lower-case hexadecimal digits, never its name.</summary>
    [JsonPropertyName("upscaler")]
    public required string Upscaler { get; init; }

    /// <summary>Steps that the second pass runs, 1…1,000.</summary>
    [JsonPropertyName("steps")]
    public required int Steps { get; init; }

    /// <summary>How much of the first pass is given up, 0…1.</summary>
    [JsonPropertyName("strength")]
    public required double Strength { get; init; }
}
