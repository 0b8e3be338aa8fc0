using Microsoft.ML.OnnxRuntime;

namespace RenderFarm.Diffusion.Onnx;

/// <summary>Opens sessions that all follow the same execution options. The only place that names <see cref="InferenceSession"/>'s options.</summary>
internal sealed class OnnxSessionFactory
{
    private readonly PipelineOptions _options;
    private readonly ExecutionDevice _device;

    /// <exception cref="ArgumentException">The options name no device there could be.</exception>
    /// <exception cref="NotSupportedException">This build cannot drive the device.</exception>
    public OnnxSessionFactory(PipelineOptions options)
    {
        _options = options;
        _device = ExecutionDevice.Parse(options.Device);
    }

    /// <summary>Whether files of a checkpoint may have other names elsewhere.</summary>
    public bool AllowHardLinks => _options.AllowHardLinks;

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
        // Other sessions, encoders and uploads want the cores between two calls: waiting threads must not burn them.
        session.AddSessionConfigEntry("session.intra_op.allow_spinning", _options.Spin ? "1" : "0");
        _device.AppendTo(session);
        return new InferenceSession(file, session);
    }

    /// <summary>What can move the last bit of an image in these sessions.</summary>
    public ExecutionEnvironment Describe() => _device.Describe();
}
