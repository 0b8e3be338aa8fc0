using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Pictures.Canvas;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Vae;
using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Pictures;

/// <summary>Pictures on their way into a pipeline: what each kind of UNet begins with and is told of them. Safe for concurrent use.</summary>
/// <remarks>
/// Three kinds, told by what the graph takes: plain ones; inpainting ones, with five channels behind the latent's (mask, latent of the picture without what
/// the mask covers); ×4 upscalers, with three (a small picture under noise) and <c>class_labels</c> (how much noise). Order of the draws from an image's
/// stream: plain as in <see cref="FirstLatent.FromPicture"/>; inpainting the same, then the sample of the covered picture's latent; ×4 upscalers first the
/// picture's noise, then the latent. The orders are those of diffusers' <c>pipeline_stable_diffusion_{img2img,inpaint,upscale}.py</c> (0.27.2).
/// </remarks>
internal sealed class PictureStage : IDisposable
{
    private const int UpscalerChannels = 3;
    private readonly UNetLayout _unet;
    private readonly Func<VaeEncoder> _loadEncoder;
    private readonly Lazy<LowResolutionNoise> _lowResolution;
    private readonly UpscalerFolder _upscalers;
    private readonly bool _isReproducible;
    private readonly Lock _gate = new();
    private VaeEncoder? _encoder;

    /// <exception cref="CheckpointException">The UNet takes channels that no kind of ours does.</exception>
    public PictureStage(Checkpoint checkpoint, UNetLayout unet, OnnxSessionFactory sessions, string? upscalerFolder)
    {
        _unet = unet;
        _isReproducible = sessions.Determinism == DeterminismClass.Reproducible;
        _loadEncoder = () => new VaeEncoder(OnnxGraph.Load(checkpoint.VaeEncoderFile, sessions), checkpoint.VaeScale, checkpoint.VaeFactor);
        _lowResolution = new Lazy<LowResolutionNoise>(() => LowResolutionNoise.Of(checkpoint));
        _upscalers = new UpscalerFolder(upscalerFolder, sessions);
        SeesMask = unet.ExtraChannels == unet.Channels + 1 && unet.ClassLabels is null;
        Upscales = unet.ExtraChannels == UpscalerChannels && unet.ClassLabels is not null;
        if (unet.ExtraChannels > 0 && !SeesMask && !Upscales)
        {
            throw new CheckpointException(
                checkpoint.UNetFile,
                $"it takes {unet.ExtraChannels} channels beside the latent; run are {unet.Channels + 1} (inpainting) and {UpscalerChannels} with class_labels (×4 upscaling)");
        }
    }

    /// <summary>Whether the UNet is an inpainting one.</summary>
    public bool SeesMask { get; }

    /// <summary>Whether the UNet is a ×4 upscaler, whose initial image is smaller than what it makes.</summary>
    public bool Upscales { get; }

    /// <summary>The upscaler a second pass asks for; null where it needs none.</summary>
    /// <exception cref="GenerationException">There is none of this name.</exception>
    public Upscaler? FindUpscaler(HiresSettings? hires) => hires is null ? null : _upscalers.Find(hires.Upscaler);

    /// <summary>What an image's first pass begins with.</summary>
    public PassStart Begin(GenerationRequest request, PictureToPaint? picture, LatentShape shape, Sampler sampler, INoiseStream noise)
    {
        if (Upscales && picture is not null)
        {
            var small = _lowResolution.Value.Apply(picture.Canvas, request.UpscaleNoiseLevel, noise);
            return new PassStart(FirstLatent.FromNoise(request, shape, sampler, noise), small, request.UpscaleNoiseLevel);
        }

        // An inpainting UNet knows the picture from its channels; under full noise nothing else of it is needed.
        var fromNoise = picture is null || (SeesMask && picture.Mask is not null && (request.Strength == 1 || picture.New is not null));
        var first = fromNoise
            ? FirstLatent.FromNoise(request, shape, sampler, noise)
            : FirstLatent.FromPicture(request, picture!, shape, sampler, noise, Encoder("initial_image"), blends: !SeesMask);
        return new PassStart(first, MaskChannels(picture, shape, noise));
    }

    /// <summary>What the second pass begins with, over the clean latent of the enlarged first.</summary>
    public PassStart Continue(float[] latent, HiresSettings hires, LatentShape shape, Sampler sampler, INoiseStream noise)
    {
        var first = FirstLatent.FromLatent(latent, sampler, hires.RunShare, noise);
        return new PassStart(first, MaskChannels(null, shape, noise));
    }

    /// <summary>The first pass enlarged, as a clean latent.</summary>
    public float[] Encode(RgbImage enlarged, LatentShape shape, INoiseStream noise) => Encoder("hires_upscaler").Encode(enlarged, shape, noise);

    /// <summary>[mask, latent of the picture without what the mask covers]; without a picture or a mask, everything is covered. Null for other UNets.</summary>
    private float[]? MaskChannels(PictureToPaint? picture, LatentShape shape, INoiseStream noise)
    {
        if (!SeesMask) return null;
        var encoder = Encoder(picture is null ? "checkpoint" : "initial_image");
        var channels = new float[(shape.Channels + 1) * shape.Height * shape.Width];
        var cover = picture?.Mask;
        MaskedLatent.Mask(cover, shape, channels);
        encoder.EncodeCovered(picture?.Unfilled, cover, shape, noise).CopyTo(channels, shape.Height * shape.Width);
        return channels;
    }

    private VaeEncoder Encoder(string member)
    {
        try
        {
            var encoder = Encoder();
            if (!_isReproducible || encoder.OwnNoise is not { } operation) return encoder;
            throw new GenerationException(
                GenerationError.BadRequest,
                $"{member}: this checkpoint cannot begin from a picture and make the same image twice. Checkpoint file {encoder.File} draws noise of its own ({operation}); "
                + "an export whose encoder gives latent_parameters does not, and fast pipelines take this one.");
        }
        catch (CheckpointException error)
        {
            throw new GenerationException(GenerationError.BadRequest, $"{member}: this checkpoint cannot begin from a picture. {error.Message}", error);
        }
    }

    // Most pipelines never see a picture. One that finds no memory now may find it for the next.
    private VaeEncoder Encoder()
    {
        lock (_gate) return _encoder ??= _loadEncoder();
    }

    public void Dispose()
    {
        _upscalers.Dispose();
        _encoder?.Dispose();
    }
}
