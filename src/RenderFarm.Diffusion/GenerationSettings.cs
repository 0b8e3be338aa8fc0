using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Text;

namespace RenderFarm.Diffusion;

/// <summary>A request with every default in place and every member checked.</summary>
internal sealed record GenerationSettings(int Width, int Height, double GuidanceScale, SamplerSettings Sampler)
{
    /// <summary>Largest step count.</summary>
    public const int MaxSteps = 1000;

    /// <exception cref="GenerationException">A member is out of its range; the message names it and what is allowed.</exception>
    public static GenerationSettings From(GenerationRequest request, Checkpoint checkpoint)
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
        var settings = new GenerationSettings(
            request.Width ?? defaults.Width, request.Height ?? defaults.Height, request.GuidanceScale ?? defaults.GuidanceScale, sampler);

        Require(settings.Width > 0 && settings.Width % checkpoint.SideMultiple == 0, "width", settings.Width, $"a positive multiple of {checkpoint.SideMultiple}");
        Require(settings.Height > 0 && settings.Height % checkpoint.SideMultiple == 0, "height", settings.Height, $"a positive multiple of {checkpoint.SideMultiple}");
        Require(sampler.Steps is >= 1 and <= MaxSteps, "steps", sampler.Steps, $"1…{MaxSteps}");
        Require(double.IsFinite(settings.GuidanceScale), "guidance_scale", settings.GuidanceScale, "a finite number");
        Require(request.Eta is >= 0 and <= 1, "eta", request.Eta, "0…1");
        Require(SamplerCatalog.Names.Contains(sampler.Sampler), "sampler", sampler.Sampler, string.Join(", ", SamplerCatalog.Names));
        Require(NoiseStreams.Names.Contains(request.NoiseSource), "noise_source", request.NoiseSource, string.Join(", ", NoiseStreams.Names));
        Require(PromptSyntax.Names.Contains(request.PromptSyntax), "prompt_syntax", request.PromptSyntax, string.Join(", ", PromptSyntax.Names));
        return settings;
    }

    private static void Require<T>(bool holds, string member, T value, string allowed)
    {
        if (!holds) throw new GenerationException(GenerationError.BadRequest, FormattableString.Invariant($"{member} is {value}; allowed: {allowed}."));
    }
}
