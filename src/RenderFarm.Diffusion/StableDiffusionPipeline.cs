using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Vae;

namespace RenderFarm.Diffusion;

/// <summary>
/// Text (and picture) to image with a Stable-Diffusion-class checkpoint (Rombach et al. 2022): CLIP text encoder, UNet with classifier-free guidance in latent
/// space, VAE decoder. An image depends on its request alone, however many others are in flight.
/// </summary>
/// <remarks>
/// Kinds of checkpoints: Stable Diffusion 1 and 2, SDXL and its refiner, their Turbo and latent consistency versions. Limitations: of UNets that take a
/// picture beside the latent none is given one; CPU.
/// </remarks>
public sealed class StableDiffusionPipeline : ITextToImagePipeline
{
    private readonly Checkpoint _checkpoint;
    private readonly TrainingSchedule _schedule;
    private readonly CheckpointGraphs _graphs;
    private readonly Lazy<VaeEncoder> _vaeEncoder;
    private readonly DenoisingEngine _engine;
    private readonly TimeProvider _clock;
    private readonly LruCache<SamplerSettings, Sampler> _samplers = new(64);

    // Native graphs may be freed only when nobody runs them: counts the calls in flight, plus one for the pipeline itself.
    private readonly CountdownEvent _users = new(1);

    private StableDiffusionPipeline(
        Checkpoint checkpoint, PipelineOptions options, TimeProvider clock, OnnxSessionFactory sessions, CheckpointGraphs graphs)
    {
        _checkpoint = checkpoint;
        _clock = clock;
        _schedule = new TrainingSchedule(checkpoint.Training);
        _graphs = graphs;
        _vaeEncoder = new Lazy<VaeEncoder>(() => LoadVaeEncoder(checkpoint, sessions));
        var cell = checkpoint.VaeFactor * checkpoint.VaeFactor;
        var limits = new TurnLimits(options.Slots, options.MaxRows, cell, graphs.UNet.TimestepPerRow)
        {
            Counts = RowProbe.Choose(graphs.UNet, graphs.ProbeShape, options),
        };
        _engine = new DenoisingEngine(graphs.UNet, limits, options.MaxPixelsPerCall, clock);
        Slots = options.Slots;
        Environment = ExecutionEnvironment.Of(options);
    }

    /// <inheritdoc />
    public int Slots { get; }

    /// <inheritdoc />
    public ExecutionEnvironment Environment { get; }

    /// <summary>
    /// Whether images at different steps share UNet calls. False for graphs with one timestep for the whole call (as Optimum exports them): there only
    /// images at the same timestep do, which costs throughput and changes no image.
    /// </summary>
    public bool MixesSteps => _graphs.UNet.TimestepPerRow;

    /// <summary>UNet calls made so far.</summary>
    public long Turns => _engine.Turns;

    /// <summary>Loads a checkpoint's graphs.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="options">How to use the device; null for the defaults.</param>
    /// <param name="clock">Measures render times; null for the system's.</param>
    /// <exception cref="CheckpointException">A file is damaged or of a kind this engine does not run; the message names it.</exception>
    public static StableDiffusionPipeline Load(Checkpoint checkpoint, PipelineOptions? options = null, TimeProvider? clock = null)
    {
        options ??= new PipelineOptions();
        var sessions = new OnnxSessionFactory(options);
        var graphs = CheckpointGraphs.Load(checkpoint, sessions, options.CachedEmbeddings);
        try
        {
            return new StableDiffusionPipeline(checkpoint, options, clock ?? TimeProvider.System, sessions, graphs);
        }
        catch
        {
            graphs.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes several images that differ in their seed alone: image i uses seed + i; with a variation strength the seed stays and image i uses variation
    /// seed + i, as in A1111.
    /// </summary>
    /// <param name="request">What to make.</param>
    /// <param name="images">How many, at least 1.</param>
    /// <param name="cancellation">Cancels all of them.</param>
    public async Task<IReadOnlyList<GenerationResult>> GenerateManyAsync(
        GenerationRequest request, int images, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(images, 1);
        var varied = request.VariationStrength > 0;
        var (member, first) = varied ? ("variation_seed", request.VariationSeed) : ("seed", request.Seed);
        if (first + (long)images - 1 > uint.MaxValue)
            throw new GenerationException(GenerationError.BadRequest, $"{member}: {first} + {images - 1} is beyond {uint.MaxValue}.");

        return await Task.WhenAll(Enumerable.Range(0, images).Select(i =>
        {
            var image = varied ? request with { VariationSeed = first + (uint)i } : request with { Seed = first + (uint)i };
            return GenerateAsync(image, cancellation: cancellation);
        }));
    }

    /// <inheritdoc />
    public async Task<GenerationResult> GenerateAsync(
        GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(!_users.TryAddCount(), this);
        try
        {
            return await RenderAsync(request, progress, cancellation);
        }
        catch (OutOfMemoryException error)
        {
            // From the text encoder or the VAE, which run one image a call; the engine deals with its own.
            throw new GenerationException(GenerationError.OutOfMemory, $"Memory does not hold the image: {error.Message}", error);
        }
        finally
        {
            _users.Signal();
        }
    }

    private async Task<GenerationResult> RenderAsync(
        GenerationRequest request, IProgress<GenerationProgress>? progress, CancellationToken cancellation)
    {
        // 1. Validate, with the checkpoint's defaults in place.
        var settings = GenerationSettings.From(request, _checkpoint);
        _graphs.RequireSize(settings.Width, settings.Height);
        var shape = new LatentShape(_graphs.UNet.Channels, settings.Height / _checkpoint.VaeFactor, settings.Width / _checkpoint.VaeFactor);

        // 2. Sampler, shared by all images with these settings.
        await Task.Yield();
        var sampler = SamplerFor(settings.Sampler);

        // 3. Encode the prompts; without guidance the negative prompt has no effect and takes no row.
        cancellation.ThrowIfCancellationRequested();
        var guided = _graphs.Conditioning.IsGuided(settings.Guidance, sampler.Timesteps.Count);
        var (prompt, negative) = _graphs.Conditioning.Encode(request, settings.Guidance, guided, (settings.Width, settings.Height));

        // 4. First latent, with noise from this image's stream alone.
        var started = _clock.GetTimestamp();
        var noise = NoiseStreams.Create(request.NoiseSource, request.Seed);
        var first = request.InitialImage is null
            ? FirstLatent.FromNoise(request, shape, sampler, noise)
            : FirstLatent.FromImage(request, shape, sampler, noise, _vaeEncoder.Value);

        // 5. Denoise, in company.
        var latent = first.Values;
        if (first.Turn < sampler.Timesteps.Count)
        {
            var slot = new Slot(
                Start(sampler, first, noise), shape, prompt, negative, settings.Guidance, sampler.Timesteps.Count, progress, cancellation, first.Inpainting);
            latent = await _engine.RunAsync(slot);
            started = slot.StartedAt!.Value;
        }

        // 6. Decode, while the engine goes on with the others.
        cancellation.ThrowIfCancellationRequested();
        var image = _graphs.Decoder.Decode(latent, shape);
        var verdict = _graphs.Safety?.Check(image);
        return new GenerationResult(image, request.Seed, _clock.GetElapsedTime(started)) { SafetyFlag = verdict?.Flag, SafetyScore = verdict?.Score };
    }

    private static SamplerState Start(Sampler sampler, FirstLatent first, INoiseStream noise)
    {
        try
        {
            return sampler.Start(first.Values, noise, first.Turn);
        }
        catch (ArgumentException refused)
        {
            throw new GenerationException(GenerationError.BadRequest, $"strength: {refused.Message}", refused);
        }
    }

    /// <summary>Loaded by the first image that begins from a picture, because most never do.</summary>
    private static VaeEncoder LoadVaeEncoder(Checkpoint checkpoint, OnnxSessionFactory sessions)
    {
        try
        {
            return new VaeEncoder(OnnxGraph.Load(checkpoint.VaeEncoderFile, sessions), checkpoint.VaeScale);
        }
        catch (CheckpointException error)
        {
            throw new GenerationException(GenerationError.BadRequest, $"initial_image: this checkpoint cannot begin from one. {error.Message}", error);
        }
    }

    private Sampler SamplerFor(SamplerSettings settings)
    {
        if (_samplers.TryGet(settings, out var known)) return known;
        try
        {
            var sampler = SamplerCatalog.Create(_schedule, settings);
            _samplers.Add(settings, sampler);
            return sampler;
        }
        catch (ArgumentException refused)
        {
            throw new GenerationException(GenerationError.BadRequest, refused.Message, refused);
        }
    }

    /// <summary>Cancels every image in flight and frees the graphs.</summary>
    public void Dispose()
    {
        if (_users.IsSet) return;
        _engine.Dispose();
        _users.Signal();
        _users.Wait();
        _graphs.Dispose();
        if (_vaeEncoder.IsValueCreated) _vaeEncoder.Value.Dispose();
    }
}
