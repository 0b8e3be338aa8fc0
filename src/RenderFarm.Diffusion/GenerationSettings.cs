using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Pictures;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Text;

namespace RenderFarm.Diffusion;

/// <summary>A request with every default in place and every member checked.</summary>
internal sealed record GenerationSettings(int Width, int Height, GuidanceSettings Guidance, SamplerSettings Sampler)
{
    /// <summary>The second, larger pass; null where there is none.</summary>
    public HiresSettings? Hires { get; private init; }

    /// <summary>Largest step count.</summary>
    public const int MaxSteps = 1000;

    /// <param name="request">The request.</param>
    /// <param name="checkpoint">The checkpoint to render it with.</param>
    /// <param name="upscales">Whether its UNet is a ×4 upscaler, which makes an image larger than the initial one by the VAE's factor.</param>
    /// <exception cref="GenerationException">A member is out of its range; the message names it and what is allowed.</exception>
    public static GenerationSettings From(GenerationRequest request, Checkpoint checkpoint, bool upscales = false)
    {
        var defaults = checkpoint.Defaults;
        var sampler = new SamplerSettings
        {
            Sampler = request.Sampler ?? defaults.Sampler,
            Steps = request.Steps ?? defaults.Steps,
            NoiseSchedule = request.NoiseSchedule ?? (request.Sampler is null ? defaults.NoiseSchedule : "uniform"),
            TimestepSpacing = request.TimestepSpacing ?? defaults.TimestepSpacing,
            Eta = request.Eta,
        };
        var guidance = new GuidanceSettings(
            request.GuidanceScale ?? defaults.GuidanceScale, request.GuidanceRescale, request.GuidanceStart, request.GuidanceEnd);
        var scale = upscales ? checkpoint.VaeFactor : 1;
        var (width, height) = SizeOf(request, defaults, scale, upscales);
        var settings = new GenerationSettings(width, height, guidance, sampler);

        PictureChecks.CheckMargins(request, checkpoint.SideMultiple);
        Require(settings.Width > 0 && settings.Width % checkpoint.SideMultiple == 0, "width", settings.Width, $"a positive multiple of {checkpoint.SideMultiple}");
        Require(settings.Height > 0 && settings.Height % checkpoint.SideMultiple == 0, "height", settings.Height, $"a positive multiple of {checkpoint.SideMultiple}");
        CheckSampling(request, sampler);
        CheckGuidance(guidance);
        Require(PromptSyntax.Names.Contains(request.PromptSyntax), "prompt_syntax", request.PromptSyntax, string.Join(", ", PromptSyntax.Names));
        PictureChecks.Check(request, settings, upscales ? scale : null);
        return settings with { Hires = HiresSettings.From(request, settings, checkpoint.SideMultiple) };
    }

    /// <summary>A picture that grows, or is enlarged, says by itself how large the image will be.</summary>
    private static (int Width, int Height) SizeOf(GenerationRequest request, CheckpointDefaults defaults, int scale, bool upscales)
    {
        var grown = upscales || request.Outpaint is not null ? request.InitialImage : null;
        return (
            request.Width ?? (grown is null ? defaults.Width : (grown.Width * scale) + (request.Outpaint?.Columns ?? 0)),
            request.Height ?? (grown is null ? defaults.Height : (grown.Height * scale) + (request.Outpaint?.Rows ?? 0)));
    }

    private static void CheckSampling(GenerationRequest request, SamplerSettings sampler)
    {
        Require(sampler.Steps is >= 1 and <= MaxSteps, "steps", sampler.Steps, $"1…{MaxSteps}");
        Require(request.Eta is >= 0 and <= 1, "eta", request.Eta, "0…1");
        Require(SamplerCatalog.Names.Contains(sampler.Sampler), "sampler", sampler.Sampler, string.Join(", ", SamplerCatalog.Names));
        Require(NoiseStreams.Names.Contains(request.NoiseSource), "noise_source", request.NoiseSource, string.Join(", ", NoiseStreams.Names));
        Require(request.VariationStrength is >= 0 and <= 1, "variation_strength", request.VariationStrength, "0…1");
    }

    private static void CheckGuidance(GuidanceSettings guidance)
    {
        Require(double.IsFinite(guidance.Scale), "guidance_scale", guidance.Scale, "a finite number");
        Require(guidance.Rescale is >= 0 and <= 1, "guidance_rescale", guidance.Rescale, "0…1");
        Require(guidance.Start is >= 0 and <= 1, "guidance_start", guidance.Start, "0…1");
        Require(guidance.End >= guidance.Start && guidance.End <= 1, "guidance_end", guidance.End, FormattableString.Invariant($"guidance_start ({guidance.Start})…1"));
    }

    /// <exception cref="GenerationException">It does not hold.</exception>
    internal static void Require<T>(bool holds, string member, T value, string allowed)
    {
        if (!holds) throw new GenerationException(GenerationError.BadRequest, FormattableString.Invariant($"{member} is {value}; allowed: {allowed}."));
    }
}
