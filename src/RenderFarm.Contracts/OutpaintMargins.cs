using System.Text.Json.Serialization;

namespace RenderFarm.Contracts;

/// <summary>Pixels to add at each side of a picture, multiples of the checkpoint's side multiple. What is left out is 0.</summary>
public sealed record OutpaintMargins
{
    /// <summary>Pixels to add on the left.</summary>
    [JsonPropertyName("left")]
    public int Left { get; init; }

    /// <summary>Pixels to add above.</summary>
    [JsonPropertyName("top")]
    public int Top { get; init; }

    /// <summary>Pixels to add on the right.</summary>
    [JsonPropertyName("right")]
    public int Right { get; init; }

    /// <summary>Pixels to add below.</summary>
    [JsonPropertyName("bottom")]
    public int Bottom { get; init; }

    /// <summary>True when nothing is added.</summary>
    [JsonIgnore]
    public bool IsNone => Left == 0 && Top == 0 && Right == 0 && Bottom == 0;
}
