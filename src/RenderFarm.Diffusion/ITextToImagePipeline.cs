namespace RenderFarm.Diffusion;

/// <summary>Text in, pixels out, for one checkpoint on one device. Calls may overlap: images in flight share UNet calls.</summary>
public interface ITextToImagePipeline : IDisposable
{
    /// <summary>Images denoised at the same time; more wait their turn.</summary>
    int Slots { get; }

    /// <summary>
    /// Whether images at different steps share UNet calls. False for graphs with one timestep for the whole call (as Optimum exports them): there only
    /// images at the same timestep do, which costs throughput and changes no image.
    /// </summary>
    bool MixesSteps => true;

    /// <summary>What, beside a request, can move the last bit of an image.</summary>
    ExecutionEnvironment Environment { get; }

    /// <summary>How many times larger than <see cref="GenerationRequest.InitialImage"/> its images are: the VAE's factor for upscaling checkpoints, 1 for others.</summary>
    int EnlargesBy => 1;

    /// <summary>
    /// How long the oldest of its native calls beside the UNet (text encoders, VAE, upscalers, safety checker) has been running; null while none does. Calls of
    /// the UNet show by progress.
    /// </summary>
    TimeSpan? LongestCall => null;

    /// <summary>Makes one image.</summary>
    /// <param name="request">What to make; its image depends on nothing else.</param>
    /// <param name="progress">Told of turn 0 when the image takes part in its first UNet call, then after every turn; on the engine's thread, so it must return quickly.</param>
    /// <param name="cancellation">Takes the image out before the next UNet call.</param>
    /// <exception cref="GenerationException">The image cannot be made.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    Task<GenerationResult> GenerateAsync(
        GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default);
}
