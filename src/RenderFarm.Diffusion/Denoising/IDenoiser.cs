using Microsoft.ML.OnnxRuntime;

namespace RenderFarm.Diffusion.Denoising;

/// <summary>The denoising network as the engine sees it.</summary>
internal interface IDenoiser
{
    /// <summary>Latent channels.</summary>
    int Channels { get; }

    /// <summary>Whether rows of one call may be at different timesteps. If not, only rows at the same timestep share a call.</summary>
    bool TimestepPerRow { get; }

    /// <summary>Makes the buffers of a call of this many rows, to be used again and again.</summary>
    /// <exception cref="ArgumentException">The extra inputs are not those that the graph takes.</exception>
    /// <exception cref="OutOfMemoryException">They do not fit.</exception>
    IDenoiserCall Prepare(int rows, LatentShape shape, int tokens, int textWidth, ExtraInputs extras = default);

    /// <summary>One evaluation over the rows of a call. Blocks.</summary>
    /// <exception cref="OutOfMemoryException">The device's memory does not hold the call; a smaller one may fit.</exception>
    /// <exception cref="OnnxRuntimeException">It failed for another reason, or <see cref="RunOptions.Terminate"/> ended it early.</exception>
    void Run(IDenoiserCall call, RunOptions options);
}
