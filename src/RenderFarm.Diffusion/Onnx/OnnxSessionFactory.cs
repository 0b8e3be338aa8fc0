using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.OnnxRuntime;

namespace RenderFarm.Diffusion.Onnx;

/// <summary>Opens sessions that all follow the same execution options. The only place that names <see cref="InferenceSession"/>'s options.</summary>
internal sealed class OnnxSessionFactory
{
    private readonly PipelineOptions _options;

    public OnnxSessionFactory(PipelineOptions options) => _options = options;

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
        return new InferenceSession(file, session);
    }

    /// <summary>What sessions of this factory run on; see <see cref="ExecutionEnvironment"/>.</summary>
    public static ExecutionEnvironment Describe() => new(
        $"onnxruntime {OrtEnv.Instance().GetVersionString()}",
        "cpu",
        $"{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}{InstructionSet()}");

    // ONNX Runtime picks its CPU kernels by these; two machines that agree in them give the same bits.
    private static string InstructionSet() =>
        Avx512F.IsSupported ? "-avx512" : Avx2.IsSupported ? "-avx2" : Avx.IsSupported ? "-avx" : "";
}
