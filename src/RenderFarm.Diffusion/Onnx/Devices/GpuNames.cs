using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;

namespace RenderFarm.Diffusion.Onnx.Devices;

/// <summary>
/// What a CUDA device is called in an execution profile. Two devices of one name must be of one kind, because images of one profile are the same to the
/// byte; so a name is taken from the device of this very index or from a machine whose GPUs are all alike, and never from the first that comes.
/// </summary>
internal static partial class GpuNames
{
    private const uint Nvidia = 0x10de;

    /// <summary>The name of a device.</summary>
    /// <param name="index">Its CUDA index.</param>
    public static string Of(int index) => Of(index, CudaDriver.NameOf(index), [.. OrtEnv.Instance().GetHardwareDevices()
        .Where(device => device.Type == OrtHardwareDeviceType.GPU)
        .Select(device => (device.VendorId, device.DeviceId))]);

    /// <param name="index">Its CUDA index.</param>
    /// <param name="driver">What the driver calls the device of this index; null where it does not say.</param>
    /// <param name="listed">Vendor and kind of every GPU that ONNX Runtime lists, in an order that is not CUDA's.</param>
    internal static string Of(int index, string? driver, IReadOnlyList<(uint Vendor, uint Kind)> listed)
    {
        if (driver is not null) return Separators().Replace(driver.ToLowerInvariant(), "-").Trim('-');
        string[] kinds = [.. listed.Where(gpu => gpu.Vendor == Nvidia)
            .Select(gpu => string.Create(CultureInfo.InvariantCulture, $"{gpu.Vendor:x4}-{gpu.Kind:x4}"))
            .Distinct().Order(StringComparer.Ordinal)];
        return kinds is [var only] ? only
            : string.Create(CultureInfo.InvariantCulture, $"{(kinds.Length == 0 ? "unknown" : string.Join('+', kinds))}-cuda{index}");
    }

    [GeneratedRegex("[^a-z0-9.]+")]
    private static partial Regex Separators();
}
