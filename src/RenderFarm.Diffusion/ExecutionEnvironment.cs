namespace RenderFarm.Diffusion;

/// <summary>What, beside the request, can move the last bit of an image.</summary>
/// <remarks>
/// Within one environment a pipeline of <see cref="DeterminismClass.Reproducible"/> gives a request the same bytes alone and in any company, in any order, with
/// any number of threads. On the CPU that costs nothing, because ONNX Runtime's kernels give a row the same bits whatever shares the call (tests hold it to
/// that). Kernels that do not (CUDA with TF32, or with convolution algorithms picked by timing) are for pipelines of <see cref="DeterminismClass.Fast"/>, whose
/// environment is another one; rows that are all of one fixed count make another one too.
/// </remarks>
/// <param name="Runtime">Inference library and version, for example <c>onnxruntime 1.31.1</c>.</param>
/// <param name="Provider">Execution provider, for example <c>cpu</c>.</param>
/// <param name="Device">Architecture and instruction set, for example <c>x64-avx512</c>; name of a GPU, for example <c>nvidia-h100-80gb-hbm3</c>.</param>
public sealed record ExecutionEnvironment(string Runtime, string Provider, string Device)
{
    /// <summary>
    /// Revision of this library's own arithmetic: samplers, noise, guidance, rounding. Raised with every change that moves a bit of an image.
    /// </summary>
    public const int EngineRevision = 2;

    /// <summary>Every device that this build can drive here, by the names that <see cref="PipelineOptions.Device"/> takes: all CUDA devices, else the CPU.</summary>
    /// <exception cref="NotSupportedException">This build has CUDA, and its libraries cannot be loaded here.</exception>
    public static IReadOnlyList<string> AllDevices() => Onnx.Devices.ExecutionDevice.All();

    /// <summary>What pipelines with these options run on.</summary>
    /// <exception cref="ArgumentException">The options name no device there could be.</exception>
    /// <exception cref="NotSupportedException">This build cannot drive the device; the message says how to get one that can.</exception>
    public static ExecutionEnvironment Of(PipelineOptions options) => new Onnx.OnnxSessionFactory(options).Describe();

    /// <summary>
    /// Bytes that pipelines with these options may take of their device: of a CPU what the process may have, of a GPU what its driver tells, and no more than
    /// <see cref="PipelineOptions.DeviceMemoryMegabytes"/>. Null where nothing is known.
    /// </summary>
    /// <exception cref="ArgumentException">The options name no device there could be.</exception>
    /// <exception cref="NotSupportedException">This build cannot drive the device; the message says how to get one that can.</exception>
    public static long? MemoryOf(PipelineOptions options) => new Onnx.OnnxSessionFactory(options).MemoryBytes();
}
