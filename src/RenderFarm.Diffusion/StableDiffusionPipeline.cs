using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Text;
using RenderFarm.Diffusion.Vae;

namespace RenderFarm.Diffusion;

/// <summary>
/// Text (and picture) to image with a Stable-Diffusion-class checkpoint (Rombach et al. 2022): CLIP text encoder, UNet with classifier-free guidance in latent
/// space, VAE decoder. An image depends on its request alone, however many others are in flight.
/// </summary>
/// <remarks>Limitations: one text encoder, UNets without extra inputs (inpainting is the legacy kind), CPU.</remarks>
public sealed class StableDiffusionPipeline : ITextToImagePipeline
{
    private readonly Checkpoint _checkpoint;
    private readonly TrainingSchedule _schedule;
    private readonly PromptEncoder _prompts;
    private readonly UNet _unet;
    private readonly VaeDecoder _vae;
    private readonly Lazy<VaeEncoder> _vaeEncoder;
    private readonly DenoisingEngine _engine;
    private readonly TimeProvider _clock;
    private readonly LruCache<SamplerSettings, Sampler> _samplers = new(64);

    // Native graphs may be freed only when nobody runs them: counts the calls in flight, plus one for the pipeline itself.
    private readonly CountdownEvent _users = new(1);

    private StableDiffusionPipeline(
        Checkpoint checkpoint, PipelineOptions options, TimeProvider clock, OnnxSessionFactory sessions, PromptEncoder prompts, UNet unet, VaeDecoder vae)
    {
        _checkpoint = checkpoint;
        _clock = clock;
        _schedule = new TrainingSchedule(checkpoint.Training);
        _prompts = prompts;
        _unet = unet;
        _vae = vae;
        _vaeEncoder = new Lazy<VaeEncoder>(() => LoadVaeEncoder(checkpoint, sessions));
        var cell = checkpoint.VaeFactor * checkpoint.VaeFactor;
        var limits = new TurnLimits(options.Slots, options.MaxRows, cell, unet.TimestepPerRow);
        _engine = new DenoisingEngine(unet, limits, options.MaxPixelsPerCall, clock);
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
    public bool MixesSteps => _unet.TimestepPerRow;

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
        var tokenizer = LoadTokenizer(checkpoint.TokenizerFolder);
        ClipTextEncoder? textEncoder = null;
        UNet? unet = null;
        VaeDecoder? vae = null;
        try
        {
            textEncoder = new ClipTextEncoder(OnnxGraph.Load(checkpoint.TextEncoderFile, sessions));
            unet = new UNet(OnnxGraph.Load(checkpoint.UNetFile, sessions));
            vae = new VaeDecoder(OnnxGraph.Load(checkpoint.VaeDecoderFile, sessions), checkpoint.VaeScale, checkpoint.VaeFactor);
            if (unet.TextWidth is { } width && width != textEncoder.Width)
                throw new CheckpointException(checkpoint.UNetFile, $"it takes embeddings of width {width}, but the text encoder gives {textEncoder.Width}");
            var prompts = new PromptEncoder(textEncoder, tokenizer, options.CachedEmbeddings);
            return new StableDiffusionPipeline(checkpoint, options, clock ?? TimeProvider.System, sessions, prompts, unet, vae);
        }
        catch
        {
            textEncoder?.Dispose();
            unet?.Dispose();
            vae?.Dispose();
            throw;
        }
    }

    private static ClipTokenizer LoadTokenizer(string folder)
    {
        try
        {
            return ClipTokenizer.Load(folder);
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            throw new CheckpointException(folder, $"the tokenizer cannot be loaded ({error.Message})", error);
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
        var shape = new LatentShape(_unet.Channels, settings.Height / _checkpoint.VaeFactor, settings.Width / _checkpoint.VaeFactor);

        // 2. Sampler, shared by all images with these settings.
        await Task.Yield();
        var sampler = SamplerFor(settings.Sampler);

        // 3. Encode the prompts; without guidance the negative prompt has no effect and takes no row.
        cancellation.ThrowIfCancellationRequested();
        var guided = settings.Guidance.IsOn(sampler.Timesteps.Count);
        var style = new PromptStyle(request.PromptSyntax, request.ClipSkip);
        var (prompt, negative) = _prompts.Encode(request.Prompt, guided ? request.NegativePrompt : null, style);

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
                Start(sampler, first, noise), shape, new Conditioning(prompt), negative is null ? null : new Conditioning(negative), settings.Guidance, sampler.Timesteps.Count, progress, cancellation, first.Inpainting);
            latent = await _engine.RunAsync(slot);
            started = slot.StartedAt!.Value;
        }

        // 6. Decode, while the engine goes on with the others.
        cancellation.ThrowIfCancellationRequested();
        var image = _vae.Decode(latent, shape);
        return new GenerationResult(image, request.Seed, _clock.GetElapsedTime(started));
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
        _prompts.Dispose();
        _unet.Dispose();
        _vae.Dispose();
        if (_vaeEncoder.IsValueCreated) _vaeEncoder.Value.Dispose();
    }
}
