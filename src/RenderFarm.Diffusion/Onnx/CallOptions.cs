using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace RenderFarm.Diffusion.Onnx;

/// <summary>Run options that say which captured CUDA graph belongs to a call. Sessions that capture nothing take no notice.</summary>
/// <remarks>
/// The key <c>gpu_graph_id</c> is documented in onnxruntime_run_options_config_keys.h: −1 captures nothing, 0 is reserved, and a graph replays the addresses
/// and shapes it was captured with, so an id stands for one set of buffers and is never given twice.
/// </remarks>
internal static class CallOptions
{
    private const string Key = "gpu_graph_id";
    private static int _last;

    /// <summary>For a set of buffers that is used again and again; the caller disposes of it.</summary>
    public static RunOptions Captured() => With(Interlocked.Increment(ref _last));

    /// <summary>For a call that is made once.</summary>
    public static RunOptions Uncaptured() => With(-1);

    private static RunOptions With(int graph)
    {
        var options = new RunOptions();
        options.AddRunConfigEntry(Key, graph.ToString(CultureInfo.InvariantCulture));
        return options;
    }
}
