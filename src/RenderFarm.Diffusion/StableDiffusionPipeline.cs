using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Pictures;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Imaging;

namespace RenderFarm.Diffusion;

/// <summary>
/// Text (and picture) to image with a Stable-Diffusion-class checkpoint (Rombach et al. 2022): CLIP text encoder, UNet with classifier-free guidance in latent
/// space, VAE decoder. An image depends on its request alone, however many others are in flight.
/// </summary>
/// <remarks>
/// Kinds of checkpoints: Stable Diffusion 1 and 2, SDXL and its refiner, their Turbo, latent consistency and inpainting versions, and ×4 upscalers.
/// Limitations: CUDA has not been run.
/// </remarks>
public sealed class StableDiffusionPipeline : ITextToImagePipeline
{
    private readonly Checkpoint _checkpoint;
    private readonly TrainingSchedule _schedule;
    private readonly CheckpointGraphs _graphs;
    private readonly PictureStage _pictures;
    private readonly DenoisingEngine _engine;
    private readonly SideCalls? _sideCalls;
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
        _pictures = new PictureStage(checkpoint, graphs.UNet.Layout, sessions, options.UpscalerFolder);
        var cell = checkpoint.VaeFactor * checkpoint.VaeFactor;
        var limits = new TurnLimits(options.Slots, options.RowsPerCall, cell, graphs.UNet.TimestepPerRow)
        {
            Counts = RowProbe.Choose(graphs.UNet, graphs.ProbeShape, options),
        };
        PixelsPerCall = sessions.PixelsPerCall();
        _engine = new DenoisingEngine(graphs.UNet, limits, PixelsPerCall, clock);
        _sideCalls = sessions.SideCalls;
        if (_sideCalls is not null) _sideCalls.WhileUNetRests = _engine.RunBetweenTurns;
        Slots = options.Slots;
        Environment = ExecutionEnvironment.Of(options);
    }

    /// <inheritdoc />
    public int Slots { get; }

    /// <inheritdoc />
    public ExecutionEnvironment Environment { get; }

    /// <summary>Most pixels of one UNet call, all rows together: what the options say, or what the device is good for.</summary>
    public long PixelsPerCall { get; }

    /// <inheritdoc />
    public int EnlargesBy => _pictures.Upscales ? _checkpoint.VaeFactor : 1;

    /// <inheritdoc />
    public bool MixesSteps => _graphs.UNet.TimestepPerRow;

    /// <inheritdoc />
    public TimeSpan? LongestCall => _sideCalls?.Longest;

    /// <summary>UNet calls made so far.</summary>
    public long Turns => _engine.Turns;

    /// <summary>Loads a checkpoint's graphs.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="options">How to use the device; null for the defaults.</param>
    /// <param name="clock">Measures render times; null for the system's.</param>
    /// <exception cref="CheckpointException">A file is damaged or of a kind this engine does not run; the message names it.</exception>
    /// <exception cref="GenerationException">Memory does not hold it (<see cref="GenerationError.OutOfMemory"/>); nothing of it stays loaded.</exception>
    public static StableDiffusionPipeline Load(Checkpoint checkpoint, PipelineOptions? options = null, TimeProvider? clock = null)
    {
        try
        {
            return LoadAll(checkpoint, options ?? new PipelineOptions(), clock ?? TimeProvider.System);
        }
        catch (OutOfMemoryException error)
        {
            throw new GenerationException(GenerationError.OutOfMemory, $"Memory does not hold the checkpoint {checkpoint.Name}: {error.Message}", error);
        }
    }

    private static StableDiffusionPipeline LoadAll(Checkpoint checkpoint, PipelineOptions options, TimeProvider clock)
    {
        var sessions = new OnnxSessionFactory(options, clock);
        var graphs = CheckpointGraphs.Load(checkpoint, sessions, options.CachedEmbeddings);
        try
        {
            return new StableDiffusionPipeline(checkpoint, options, clock, sessions, graphs);
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
            // From the text encoder or the VAE, which run one image a call and were tried alone already; the engine deals with its own.
            throw new GenerationException(GenerationError.OutOfMemory, $"Memory does not hold the image, even with nothing beside it: {error.Message}", error);
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
        var settings = GenerationSettings.From(request, _checkpoint, _pictures.Upscales);
        var hires = settings.Hires;
        _graphs.RequireSize(settings.Width, settings.Height);
        if (hires is not null) _graphs.RequireSize(hires.Width, hires.Height);

        // 2. Samplers, shared by all images with these settings.
        await Task.Yield();
        var sampler = SamplerFor(settings.Sampler);
        var second = hires?.Sampler is null ? null : SamplerFor(hires.Sampler);
        var upscaler = _pictures.FindUpscaler(hires);

        // 3. First latent and whatever else is told of a picture, with noise from this image's stream alone.
        cancellation.ThrowIfCancellationRequested();
        var run = new ImageRun(request, settings, NoiseStreams.Create(request.NoiseSource, request.Seed), cancellation) { Started = _clock.GetTimestamp() };
        var picture = PictureToPaint.From(request, settings);
        var shape = ShapeOf(settings.Width, settings.Height);
        var start = _pictures.Begin(request, picture, shape, sampler, run.Noise);

        // 4. Denoise, in company.
        var skipped = second?.FirstTurn(hires!.RunShare) ?? 0;
        var later = (second?.Timesteps.Count ?? 0) - skipped;
        var latent = await DenoiseAsync(run, new DenoisingPass(shape, sampler, start, PassProgress.First(progress, later)));

        // 5. Decode, while the engine goes on with the others; or enlarge and go once more.
        cancellation.ThrowIfCancellationRequested();
        if (hires is null)
        {
            var image = _graphs.Decoder.Decode(latent, shape, cancellation);
            return Result(picture is null ? image : picture.Finish(image), run);
        }

        var watcher = progress is null ? null : new PassProgress(progress, sampler.Timesteps.Count, skipped);
        return Result(await EnlargeAsync(run, hires, latent, (upscaler, second), watcher), run);
    }

    /// <summary>The second pass. Draws from the image's stream go on where the first pass left it: the encoder's sample (in pixels), then the noise.</summary>
    private async Task<RgbImage> EnlargeAsync(
        ImageRun run, HiresSettings hires, float[] latent, (Upscaler? Upscaler, Sampler? Sampler) with, PassProgress? progress)
    {
        var (upscaler, sampler) = with;
        var (small, large) = (ShapeOf(run.Settings.Width, run.Settings.Height), ShapeOf(hires.Width, hires.Height));
        float[] enlarged;
        if (hires.Upscaler == PictureNames.Latent)
        {
            enlarged = LatentResize.Bilinear(latent, small, large);
        }
        else
        {
            var decoded = _graphs.Decoder.Decode(latent, small, run.Cancellation);
            var pixels = upscaler?.Enlarge(decoded, hires.Width, hires.Height, run.Cancellation) ?? LanczosResampling.Resize(decoded, hires.Width, hires.Height);
            if (sampler is null) return pixels;
            enlarged = _pictures.Encode(pixels, large, run.Noise);
        }

        if (sampler is not null)
        {
            var start = _pictures.Continue(enlarged, hires, large, sampler, run.Noise);
            enlarged = await DenoiseAsync(run, new DenoisingPass(large, sampler, start, progress) { Strength = "hires_strength" });
        }

        run.Cancellation.ThrowIfCancellationRequested();
        return _graphs.Decoder.Decode(enlarged, large, run.Cancellation);
    }

    private async Task<float[]> DenoiseAsync(ImageRun run, DenoisingPass pass)
    {
        var (first, guidance) = (pass.Start.First, run.Settings.Guidance);
        if (pass.IsEmpty) return first.Values;
        // Without guidance the negative prompt has no effect and takes no row.
        var guided = _graphs.Conditioning.IsGuided(guidance, pass.Turns);
        var size = (pass.Shape.Width * _checkpoint.VaeFactor, pass.Shape.Height * _checkpoint.VaeFactor);
        var (prompt, negative) = _graphs.Conditioning.Encode(run.Request, guidance, guided, size, pass.Start.Channels, pass.Start.ClassLabel);
        var slot = new Slot(
            Start(pass, run.Noise), pass.Shape, prompt, negative, guidance, pass.Turns, pass.Progress, run.Cancellation, first.Inpainting);
        var latent = await _engine.RunAsync(slot);
        run.Began(slot.StartedAt!.Value);
        return latent;
    }

    private LatentShape ShapeOf(int width, int height) => new(_graphs.UNet.Channels, height / _checkpoint.VaeFactor, width / _checkpoint.VaeFactor);

    private GenerationResult Result(RgbImage image, ImageRun run)
    {
        var verdict = _graphs.Safety?.Check(image);
        return new GenerationResult(image, run.Request.Seed, _clock.GetElapsedTime(run.Started)) { SafetyFlag = verdict?.Flag, SafetyScore = verdict?.Score };
    }

    private static SamplerState Start(DenoisingPass pass, INoiseStream noise)
    {
        try
        {
            return pass.Sampler.Start(pass.Start.First.Values, noise, pass.Start.First.Turn);
        }
        catch (ArgumentException refused)
        {
            throw new GenerationException(GenerationError.BadRequest, $"{pass.Strength}: {refused.Message}", refused);
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
        _pictures.Dispose();
    }
}
