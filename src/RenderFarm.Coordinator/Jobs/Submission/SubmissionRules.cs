using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>A request with all defaults written out.</summary>
internal sealed record PlannedJob(CheckpointDescription Checkpoint, SweepView Sweep, string Priority, string Format);

/// <summary>
/// Turns a request into settings with all defaults written out, or into the list of all fields at fault; pure but for the seed that is
/// drawn when none was given.
/// </summary>
internal static class SubmissionRules
{
    // Stands in for an unknown checkpoint, so that the other fields are checked too.
    private static readonly CheckpointDescription Unknown = new()
    {
        Name = "",
        Digest = "",
        Width = 512,
        Height = 512,
        SideMultiple = RenderLimits.SideMultiple,
        Steps = 20,
        Sampler = Samplers.Euler,
        NoiseSchedule = NoiseSchedules.Uniform,
        TimestepSpacing = TimestepSpacings.Leading,
        GuidanceScale = 7.5,
    };

    /// <summary>Checks a request.</summary>
    /// <param name="request">As it came.</param>
    /// <param name="pictures">The pictures it names or carries.</param>
    /// <param name="catalog">The checkpoints and upscalers it may name.</param>
    /// <param name="drawSeed">Draws a seed for a number of images, such that seed + images − 1 still is one.</param>
    /// <param name="check">Gets the fields at fault.</param>
    /// <returns>Null when a field is at fault.</returns>
    public static PlannedJob? Plan(SubmitJob request, JobPictures pictures, Catalog catalog, Func<int, uint> drawSeed, SettingsCheck check)
    {
        var checkpoint = Checkpoint(request.Model, catalog, check);
        var images = check.Range("images", request.Images, 1, RenderLimits.MaxImagesPerCell, 1);
        var samplers = SamplerRules.Resolve(request, checkpoint, check);
        var format = check.Word("format", request.Format, ImageFormats.All, ImageFormats.Png);
        Quality(request.Quality, format, check);
        check.Range("retention_days", request.RetentionDays, 1, 36_500, 0);
        check.Text("label", request.Label, RenderLimits.MaxLabelLength);
        var priority = check.Word("priority", request.Priority, Priorities.All, Priorities.Normal);
        var variation = SeedRules.Variation(request, images, drawSeed, check);
        var interval = GuidanceRules.Interval(request, check);
        var size = SizeRules.Of(request, pictures.InitImage, checkpoint, check);
        var sweep = new SweepView
        {
            Prompts = Prompts(request.Prompt, check),
            NegativePrompt = check.Text("negative_prompt", request.NegativePrompt, RenderLimits.MaxPromptLength),
            PromptSyntax = check.Word("prompt_syntax", request.PromptSyntax, PromptSyntaxes.All, PromptSyntaxes.A1111),
            ClipSkip = check.Range("clip_skip", request.ClipSkip, 1, RenderLimits.MaxClipSkip, 1),
            Samplers = samplers,
            Steps = check.Sweep("steps", request.Steps, checkpoint.Steps, RenderLimits.MaxSweepValues, steps => SamplerRules.StepsFault(steps, samplers)),
            GuidanceScales = check.Sweep("guidance_scale", request.GuidanceScale, checkpoint.GuidanceScale, RenderLimits.MaxSweepValues, scale =>
                scale is >= RenderLimits.MinGuidanceScale and <= RenderLimits.MaxGuidanceScale ? null : $"{RenderLimits.MinGuidanceScale}…{RenderLimits.MaxGuidanceScale}."),
            Seeds = SeedRules.Seeds(request, images, drawSeed, check),
            VariationSeed = variation.Seed,
            VariationStrength = variation.Strength,
            Images = images,
            Width = size.Width,
            Height = size.Height,
            TimestepSpacing = check.Word("timestep_spacing", request.TimestepSpacing, TimestepSpacings.All, checkpoint.TimestepSpacing),
            Eta = SamplerRules.Eta(request, samplers, check),
            GuidanceRescale = check.Fraction("guidance_rescale", request.GuidanceRescale, 0),
            GuidanceStart = interval.Start,
            GuidanceEnd = interval.End,
            NoiseSource = check.Word("noise_source", request.NoiseSource, NoiseSources.All, NoiseSources.TorchCpu),
            Determinism = check.Word("determinism", request.Determinism, DeterminismClasses.All, DeterminismClasses.Reproducible),
        };
        sweep = PictureRules.Apply(sweep, request, pictures, checkpoint, check);
        sweep = HiresRules.Apply(sweep, request, checkpoint, catalog.Upscalers, check);
        var total = JobPlanner.Count(sweep);
        if (total > RenderLimits.MaxImagesPerJob)
            check.Fault("images", images, $"All cells of the sweep together have {total:N0} images; a job may have {RenderLimits.MaxImagesPerJob:N0}.");
        return check.Errors.Count == 0 ? new PlannedJob(checkpoint, sweep, priority, format) : null;
    }

    private static CheckpointDescription Checkpoint(string? model, Catalog catalog, SettingsCheck check)
    {
        var found = model is null ? catalog.Default : catalog.Find(model);
        if (found is not null) return found;
        check.Fault("model", model ?? catalog.DefaultModel, $"One of {string.Join(", ", catalog.Names)}, or the digest of one of them.");
        return Unknown;
    }

    private static IReadOnlyList<string> Prompts(OneOrMany<string> given, SettingsCheck check)
    {
        if (given.Values.Count is 0 or > RenderLimits.MaxPrompts)
            check.Fault("prompt", $"{given.Values.Count} prompts", $"1…{RenderLimits.MaxPrompts:N0} prompts.");
        foreach (var (place, prompt) in given.Values.Index())
            check.Text(SettingsCheck.Place("prompt", given, place), prompt, RenderLimits.MaxPromptLength);
        return given.Values;
    }

    private static void Quality(int? quality, string format, SettingsCheck check)
    {
        check.Range("quality", quality, 1, 100, 0);
        if (quality is not null && format == ImageFormats.Png)
            check.Fault("quality", quality, "Not allowed with png, which keeps every pixel. Leave it out, or set format to jpeg or webp.");
    }
}
