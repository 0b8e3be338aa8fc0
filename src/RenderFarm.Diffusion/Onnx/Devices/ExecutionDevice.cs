using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.OnnxRuntime;

namespace RenderFarm.Diffusion.Onnx.Devices;

/// <summary>
/// Where sessions run: the CPU, or one CUDA device. Which of them there can be is decided by the native ONNX Runtime that the executable carries.
/// </summary>
/// <remarks>Limitations: the CUDA side is written against ONNX Runtime's documentation and has not run on a GPU yet.</remarks>
internal sealed record ExecutionDevice
{
    /// <summary>What the option takes, for error messages.</summary>
    public const string Allowed = "auto, cpu, cuda or cuda:N";

    private const string CudaProvider = "CUDAExecutionProvider";
    private static readonly Lock Registration = new();

    private ExecutionDevice(int? cuda) => Cuda = cuda;

    /// <summary>Index of the CUDA device; null for the CPU.</summary>
    public int? Cuda { get; }

    /// <summary>The CPU.</summary>
    public static ExecutionDevice Cpu { get; } = new((int?)null);

    /// <summary>Reads the option; <c>auto</c> is CUDA device 0 where this build can drive one, else the CPU.</summary>
    /// <exception cref="ArgumentException">The text is none of what is allowed.</exception>
    /// <exception cref="NotSupportedException">CUDA was asked for and this build cannot drive it; the message says how to get it.</exception>
    public static ExecutionDevice Parse(string text) => Parse(text, OrtEnv.Instance().GetAvailableProviders());

    internal static ExecutionDevice Parse(string text, IReadOnlyCollection<string> providers)
    {
        var hasCuda = providers.Contains(CudaProvider);
        if (text == "auto") return hasCuda ? new ExecutionDevice(0) : Cpu;
        if (text == "cpu") return Cpu;
        var index = 0;
        if (text != "cuda" && !(text.StartsWith("cuda:", StringComparison.Ordinal)
                && int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out index)))
            throw new ArgumentException($"device is '{text}'; allowed: {Allowed}.", nameof(text));

        return hasCuda ? new ExecutionDevice(index) : throw new NotSupportedException(
            $"device is '{text}', but this build carries ONNX Runtime for the CPU only. "
            + "Build it with -p:OnnxRuntimeFlavor=Gpu on a machine with CUDA 13 and cuDNN 9, or use the device cpu.");
    }

    /// <summary>Names of all CUDA devices, where this build can drive any; else of the CPU.</summary>
    /// <exception cref="NotSupportedException">The CUDA libraries cannot be loaded; the message says what ONNX Runtime said.</exception>
    public static IReadOnlyList<string> All()
    {
        if (!OrtEnv.Instance().GetAvailableProviders().Contains(CudaProvider)) return ["cpu"];
        try
        {
            Register();
        }
        catch (Exception error) when (error is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            throw new NotSupportedException($"The CUDA devices cannot be listed: {error.Message} Check the driver, CUDA and cuDNN, or name the devices.", error);
        }

        var count = OrtEnv.Instance().GetEpDevices().Count(device => device.EpName == CudaProvider);
        return count == 0 ? ["cpu"] : [.. Enumerable.Range(0, count).Select(index => string.Create(CultureInfo.InvariantCulture, $"cuda:{index}"))];
    }

    /// <summary>Adds the execution provider.</summary>
    /// <param name="session">Options of a session to come.</param>
    /// <param name="options">Determinism class and memory limit.</param>
    /// <param name="graphs">Whether the session's calls are captured as CUDA graphs.</param>
    /// <exception cref="NotSupportedException">The CUDA libraries cannot be loaded, or there is no such device; the message says what ONNX Runtime said.</exception>
    public void AppendTo(SessionOptions session, PipelineOptions options, bool graphs)
    {
        if (Cuda is not { } device) return;
        try
        {
            Register();
            using var cuda = new OrtCUDAProviderOptions();
            cuda.UpdateOptions(new CudaSettings(device, options.Determinism, options.DeviceMemoryMegabytes, graphs).ToProviderOptions());
            session.AppendExecutionProvider_CUDA(cuda);
        }
        catch (Exception error) when (error is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            throw new NotSupportedException($"CUDA device {device} cannot be used: {error.Message} Check the driver, CUDA and cuDNN, or use the device cpu.", error);
        }
    }

    /// <summary>The memory that a session's tensors are bound in.</summary>
    public DeviceMemory MemoryOf(InferenceSession session)
    {
        if (Cuda is not { } device) return DeviceMemory.Host;
        using var place = new OrtMemoryInfo(OrtMemoryInfo.allocatorCUDA, OrtAllocatorType.DeviceAllocator, device, OrtMemType.Default);
        return DeviceMemory.Of(session, place);
    }

    // ONNX Runtime copies tensors to and from a device only after the provider's library has been registered with its environment.
    private static void Register()
    {
        lock (Registration)
        {
            if (OrtEnv.Instance().GetEpDevices().Any(device => device.EpName == CudaProvider)) return;
            OrtEnv.Instance().RegisterExecutionProviderLibrary(
                CudaProvider, OperatingSystem.IsWindows() ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so");
        }
    }

    /// <summary>What can move the last bit of an image on this device, with these options.</summary>
    public ExecutionEnvironment Describe(PipelineOptions options) => new(
        $"onnxruntime {OrtEnv.Instance().GetVersionString()}",
        Cuda is null ? "cpu" : "cuda",
        (Cuda is { } index ? GpuNames.Of(index) : Architecture()) + Choices(options));

    /// <summary>What the options themselves do to bits; nothing by default.</summary>
    internal static string Choices(PipelineOptions options) =>
        (options.FixedRows > 0 ? string.Create(CultureInfo.InvariantCulture, $"-rows{options.FixedRows}") : "")
        + (options.Determinism == DeterminismClass.Fast ? "-fast" : "");

    // ONNX Runtime picks its CPU kernels by these; two machines that agree in them give the same bits.
    private static string Architecture() => RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()
        + (Avx512F.IsSupported ? "-avx512" : Avx2.IsSupported ? "-avx2" : Avx.IsSupported ? "-avx" : "");
}
