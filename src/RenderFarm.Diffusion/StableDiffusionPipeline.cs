using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Pictures;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Text;
using RenderFarm.Diffusion.Vae;
using RenderFarm.Imaging;

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
        _vaeEncoder = new Lazy<VaeEncoder>(() => new VaeEncoder(OnnxGraph.Load(checkpoint.VaeEncoderFile, sessions), checkpoint.VaeScale));
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
        var hires = settings.Hires;

        // 2. Samplers, shared by all images with these settings.
        await Task.Yield();
        var sampler = SamplerFor(settings.Sampler);
        var second = hires?.Sampler is null ? null : SamplerFor(hires.Sampler);

        // 3. Encode the prompts; without guidance the negative prompt has no effect and takes no row.
        cancellation.ThrowIfCancellationRequested();
        var guided = settings.Guidance.IsOn(sampler.Timesteps.Count) || (second is not null && settings.Guidance.IsOn(second.Timesteps.Count));
        var style = new PromptStyle(request.PromptSyntax, request.ClipSkip);
        var prompts = _prompts.Encode(request.Prompt, guided ? request.NegativePrompt : null, style);

        // 4. First latent, with noise from this image's stream alone.
        var picture = PictureToPaint.From(request, settings);
        var run = new ImageRun(settings, prompts, NoiseStreams.Create(request.NoiseSource, request.Seed), cancellation) { Started = _clock.GetTimestamp() };
        var shape = ShapeOf(settings.Width, settings.Height);
        var first = picture is null
            ? FirstLatent.FromNoise(request, shape, sampler, run.Noise)
            : FirstLatent.FromPicture(request, picture, shape, sampler, run.Noise, Encoder("initial_image"));

        // 5. Denoise, in company.
        var skipped = second?.FirstTurn(hires!.RunShare) ?? 0;
        var later = (second?.Timesteps.Count ?? 0) - skipped;
        var latent = await DenoiseAsync(run, new DenoisingPass(shape, sampler, first, PassProgress.First(progress, later)));

        // 6. Decode, while the engine goes on with the others; or enlarge and go once more.
        cancellation.ThrowIfCancellationRequested();
        if (hires is null)
        {
            var image = _vae.Decode(latent, shape);
            return Result(request, picture is null ? image : picture.Finish(image), run);
        }

        var watcher = progress is null ? null : new PassProgress(progress, sampler.Timesteps.Count, skipped);
        return Result(request, await EnlargeAsync(run, hires, latent, second, watcher), run);
    }

    /// <summary>The second pass. Draws from the image's stream go on where the first pass left it: the encoder's sample (in pixels), then the noise.</summary>
    private async Task<RgbImage> EnlargeAsync(ImageRun run, HiresSettings hires, float[] latent, Sampler? sampler, PassProgress? progress)
    {
        var (small, large) = (ShapeOf(run.Settings.Width, run.Settings.Height), ShapeOf(hires.Width, hires.Height));
        float[] enlarged;
        if (hires.Upscaler == PictureNames.Latent)
        {
            enlarged = LatentResize.Bilinear(latent, small, large);
        }
        else
        {
            var pixels = LanczosResampling.Resize(_vae.Decode(latent, small), hires.Width, hires.Height);
            if (sampler is null) return pixels;
            enlarged = Encoder("hires_upscaler").Encode(pixels, large, run.Noise);
        }

        if (sampler is not null)
        {
            var first = FirstLatent.FromLatent(enlarged, sampler, hires.RunShare, run.Noise);
            enlarged = await DenoiseAsync(run, new DenoisingPass(large, sampler, first, progress) { Strength = "hires_strength" });
        }

        run.Cancellation.ThrowIfCancellationRequested();
        return _vae.Decode(enlarged, large);
    }

    private async Task<float[]> DenoiseAsync(ImageRun run, DenoisingPass pass)
    {
        if (pass.IsEmpty) return pass.First.Values;
        var (prompt, negative) = run.Prompts;
        var slot = new Slot(
            Start(pass, run.Noise), pass.Shape, new Conditioning(prompt), negative is null ? null : new Conditioning(negative), run.Settings.Guidance,
            pass.Turns, pass.Progress, run.Cancellation, pass.First.Inpainting);
        var latent = await _engine.RunAsync(slot);
        run.Began(slot.StartedAt!.Value);
        return latent;
    }

    private LatentShape ShapeOf(int width, int height) => new(_unet.Channels, height / _checkpoint.VaeFactor, width / _checkpoint.VaeFactor);

    private GenerationResult Result(GenerationRequest request, RgbImage image, ImageRun run) =>
        new(image, request.Seed, _clock.GetElapsedTime(run.Started));

    private static SamplerState Start(DenoisingPass pass, INoiseStream noise)
    {
        try
        {
            return pass.Sampler.Start(pass.First.Values, noise, pass.First.Turn);
        }
        catch (ArgumentException refused)
        {
            throw new GenerationException(GenerationError.BadRequest, $"{pass.Strength}: {refused.Message}", refused);
        }
    }

    /// <summary>Loaded by the first image that needs it, because most never do.</summary>
    private VaeEncoder Encoder(string member)
    {
        try
        {
            return _vaeEncoder.Value;
        }
        catch (CheckpointException error)
        {
            throw new GenerationException(GenerationError.BadRequest, $"{member}: this checkpoint cannot begin from a picture. {error.Message}", error);
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
