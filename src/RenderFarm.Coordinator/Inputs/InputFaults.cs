using RenderFarm.Contracts;

namespace RenderFarm.Coordinator.Inputs;

/// <summary>What errors say is allowed of a picture.</summary>
internal static class InputFaults
{
    /// <summary>A sentence for the end of every error about a file.</summary>
    public static string Allowed { get; } =
        $"Allowed is a PNG, JPEG or WebP picture of up to {RenderLimits.MaxInputPixels:N0} pixels and {RenderLimits.MaxInputBytes:N0} bytes.";
}
