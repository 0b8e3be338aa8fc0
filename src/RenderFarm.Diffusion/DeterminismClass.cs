namespace RenderFarm.Diffusion;

/// <summary>What a pipeline may do to the last bits of an image.</summary>
public enum DeterminismClass
{
    /// <summary>A request gives the same bytes alone and in any company, with any number of threads, on every machine of one environment.</summary>
    Reproducible,

    /// <summary>
    /// The quickest kernels there are: inputs rounded to TF32 and convolutions picked by timing (CUDA), approximate GELU and numbers below 1e-38 taken for
    /// zero (CPU). The same request may give other bytes the next time, though never another picture.
    /// </summary>
    Fast,
}
