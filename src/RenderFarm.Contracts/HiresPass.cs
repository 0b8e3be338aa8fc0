using System.Text.Json.Serialization;

namespace RenderFarm.Contracts;

/// <summary>A second pass over the finished first one, at a larger size: all of it written out, as part of a recipe.</summary>
public sealed record HiresPass
{
    /// <summary>Size of the second pass over that of the first, 1…4; 1 is no second pass.</summary>
    [JsonPropertyName("scale")]
    public required double Scale { get; init; }

    /// <summary>One of <see cref="HiresUpscalers.All"/>.</summary>
    [JsonPropertyName("upscaler")]
    public required string Upscaler { get; init; }

    /// <summary>Steps that the second pass runs, 1…1,000.</summary>
    [JsonPropertyName("steps")]
    public required int Steps { get; init; }

    /// <summary>How much of the first pass is given up, 0…1.</summary>
    [JsonPropertyName("strength")]
    public required double Strength { get; init; }
}
