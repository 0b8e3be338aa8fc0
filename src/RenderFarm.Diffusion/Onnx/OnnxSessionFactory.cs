using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Onnx.Devices;

namespace RenderFarm.Diffusion.Onnx;

/// <summary>Opens sessions that all follow the same execution options. The only place that names <see cref="InferenceSession"/>'s options.</summary>
internal sealed class OnnxSessionFactory
{
    private readonly PipelineOptions _options;
    private readonly ExecutionDevice _device;
    private readonly bool _graphs;

    /// <summary>Calls of the graphs opened here; null for graphs whose buffers are kept, which have a thread of their own.</summary>
    public SideCalls? SideCalls { get; }

    /// <param name="options">What all sessions follow.</param>
    /// <param name="clock">Times calls; null for the system's.</param>
    /// <exception cref="ArgumentException">The options name no device there could be.</exception>
    /// <exception cref="NotSupportedException">This build cannot drive the device.</exception>
    public OnnxSessionFactory(PipelineOptions options, TimeProvider? clock = null)
    {
        _options = options;
        _device = ExecutionDevice.Parse(options.Device);
        SideCalls = new SideCalls(clock);
    }

    private OnnxSessionFactory(PipelineOptions options, ExecutionDevice device, bool graphs)
    {
        _options = options;
        _device = device;
        _graphs = graphs;
    }

    /// <summary>
    /// The same, for a graph whose buffers are bound once and used again and again: where the options ask for it, its calls are captured as CUDA graphs. Every
    /// call must then carry <see cref="CallOptions"/>.
    /// </summary>
    public OnnxSessionFactory ForKeptBuffers() => new(_options, _device, _options.CudaGraphs);

    /// <summary>Whether files of a checkpoint may have other names elsewhere.</summary>
    public bool AllowHardLinks => _options.AllowHardLinks;

    /// <summary>Whether the same request must give the same bytes.</summary>
    public DeterminismClass Determinism => _options.Determinism;

    /// <summary>Opens the graph in a file.</summary>
    public InferenceSession Open(string file)
    {
        using var session = new SessionOptions
        {
            IntraOpNumThreads = _options.Threads > 0 ? _options.Threads : Environment.ProcessorCount,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        foreach (var (key, value) in SessionEntries.For(_options)) session.AddSessionConfigEntry(key, value);
        _device.AppendTo(session, _options, _graphs);
        return new InferenceSession(file, session);
    }

    /// <summary>The memory that a session's tensors are bound in; the caller disposes of it before the session.</summary>
    public DeviceMemory MemoryOf(InferenceSession session) => _device.MemoryOf(session);

    /// <summary>Most pixels of one UNet call, all rows together.</summary>
    public long PixelsPerCall() => CallBudget.Pixels(_options, _device);

    /// <summary>Bytes that graphs and their work may take of the device; null where nothing is known.</summary>
    public long? MemoryBytes() => CallBudget.Memory(_options, _device);

    /// <summary>What can move the last bit of an image in these sessions.</summary>
    public ExecutionEnvironment Describe() => _device.Describe(_options);
}
