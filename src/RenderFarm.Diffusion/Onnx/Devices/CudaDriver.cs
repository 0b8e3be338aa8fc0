using System.Runtime.InteropServices;
using System.Text;

namespace RenderFarm.Diffusion.Onnx.Devices;

/// <summary>
/// What the CUDA driver says of a device by its index, which counts as ONNX Runtime's option <c>device_id</c> does (order and visibility of devices are the
/// driver's own). ONNX Runtime lists hardware in an order of its own, and knows no device's memory.
/// </summary>
/// <remarks>
/// cuInit, cuDeviceGet, cuDeviceGetName and cuDeviceTotalMem_v2 of the driver API (https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__DEVICE.html).
/// Limitations: written from its documentation, and not run on a GPU yet.
/// </remarks>
internal static partial class CudaDriver
{
    private const string Library = "cuda";
    private const int Success = 0;
    private const int NameBytes = 256;

    static CudaDriver() => NativeLibrary.SetDllImportResolver(typeof(CudaDriver).Assembly, Resolve);

    /// <summary>Bytes of a device's memory; null where there is no driver or no such device.</summary>
    public static long? MemoryOf(int index) => Ask(index, static device => TotalMemory(out var bytes, device) == Success ? (long?)(long)bytes : null);

    /// <summary>Name of a device, for example <c>NVIDIA H100 80GB HBM3</c>; null where there is no driver or no such device.</summary>
    public static string? NameOf(int index) => Ask(index, static device =>
    {
        Span<byte> name = stackalloc byte[NameBytes];
        if (GetName(name, NameBytes, device) != Success) return null;
        var end = name.IndexOf((byte)0);
        return end > 0 ? Encoding.UTF8.GetString(name[..end]) : null;
    });

    private static T? Ask<T>(int index, Func<int, T?> question)
    {
        try
        {
            return Initialize(0) == Success && GetDevice(out var device, index) == Success ? question(device) : default;
        }
        catch (Exception absent) when (absent is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            return default;
        }
    }

    // The driver's library is no part of the toolkit and has one name on each system.
    private static nint Resolve(string library, System.Reflection.Assembly assembly, DllImportSearchPath? path) =>
        library == Library && NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var handle) ? handle : 0;

    [LibraryImport(Library, EntryPoint = "cuInit")]
    private static partial int Initialize(uint flags);

    [LibraryImport(Library, EntryPoint = "cuDeviceGet")]
    private static partial int GetDevice(out int device, int index);

    [LibraryImport(Library, EntryPoint = "cuDeviceGetName")]
    private static partial int GetName(Span<byte> name, int length, int device);

    [LibraryImport(Library, EntryPoint = "cuDeviceTotalMem_v2")]
    private static partial int TotalMemory(out nuint bytes, int device);
}
