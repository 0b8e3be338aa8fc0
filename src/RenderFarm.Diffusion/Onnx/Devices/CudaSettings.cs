using System.Globalization;

namespace RenderFarm.Diffusion.Onnx.Devices;

/// <summary>How a session uses a CUDA device.</summary>
/// <remarks>
/// Keys and values as documented for ONNX Runtime's CUDA execution provider (https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html).
/// Limitations: none of this has run on a GPU.
/// </remarks>
/// <param name="Device">Index of the device.</param>
/// <param name="Determinism">Whether kernels must be the same every time.</param>
/// <param name="MemoryMegabytes">Most mebibytes of the session's arena; 0 for what the device has.</param>
/// <param name="Graphs">Whether calls are captured and replayed; only for sessions whose buffers stay where they are.</param>
internal sealed record CudaSettings(int Device, DeterminismClass Determinism, int MemoryMegabytes, bool Graphs)
{
    /// <summary>The provider's options.</summary>
    public Dictionary<string, string> ToProviderOptions()
    {
        var fast = Determinism == DeterminismClass.Fast;
        var options = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["device_id"] = Device.ToString(CultureInfo.InvariantCulture),

            // TF32 rounds inputs to 10 bits, and a convolution picked by timing may be another one next time.
            ["use_tf32"] = fast ? "1" : "0",
            ["cudnn_conv_algo_search"] = fast ? "EXHAUSTIVE" : "DEFAULT",

            // Doubling would take half the device for one large call and never give it back.
            ["arena_extend_strategy"] = "kSameAsRequested",
        };
        if (MemoryMegabytes > 0) options["gpu_mem_limit"] = (MemoryMegabytes * 1024L * 1024).ToString(CultureInfo.InvariantCulture);
        if (Graphs) options["enable_cuda_graph"] = "1";
        return options;
    }
}
