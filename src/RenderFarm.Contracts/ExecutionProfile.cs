using System.Text.Json.Serialization;

namespace RenderFarm.Contracts;

/// <summary>
/// What, beside the recipe, can move the last bit of an image. Images of one recipe and one profile are equal byte for byte;
/// between profiles they are close.
/// </summary>
public sealed record ExecutionProfile
{
    /// <summary>Inference library and version, for example <c>onnxruntime 1.31.1</c>.</summary>
    [JsonPropertyName("runtime")]
    public required string Runtime { get; init; }

    /// <summary>Execution provider, for example <c>cpu</c> or <c>cuda</c>.</summary>
    [JsonPropertyName("provider")]
    public required string Provider { get; init; }

    /// <summary>Architecture and instruction set of the device, for example <c>x64-avx512</c> or <c>sm_90</c>.</summary>
    [JsonPropertyName("device")]
    public required string Device { get; init; }

    /// <summary>Revision of RenderFarm's own arithmetic (samplers, noise, rounding, encoder settings). Raised when any byte of an image changes.</summary>
    [JsonPropertyName("engine")]
    public required int Engine { get; init; }

    /// <summary>One line that tells profiles apart, for example <c>onnxruntime 1.31.1/cpu/x64-avx512/1</c>.</summary>
    public override string ToString() => $"{Runtime}/{Provider}/{Device}/{Engine}";
}
