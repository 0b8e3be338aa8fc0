namespace RenderFarm.Diffusion.Onnx;

/// <summary>Configuration entries of a session, by the names in onnxruntime_session_options_config_keys.h.</summary>
internal static class SessionEntries
{
    /// <summary>The entries for a pipeline's options.</summary>
    public static Dictionary<string, string> For(PipelineOptions options)
    {
        var entries = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Other sessions, encoders and uploads want the cores between two calls: waiting threads must not burn them.
            ["session.intra_op.allow_spinning"] = options.Spin ? "1" : "0",
        };
        if (options.Determinism == DeterminismClass.Reproducible) return entries;
        entries["session.set_denormal_as_zero"] = "1";
        entries["optimization.enable_gelu_approximation"] = "1";
        entries["mlas.enable_gemm_fastmath_arm64_bfloat16"] = "1";
        return entries;
    }
}
