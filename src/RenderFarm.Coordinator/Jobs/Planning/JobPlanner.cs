using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Coordinator.Jobs.Planning;

/// <summary>
/// What each task of a job renders, and what it costs; pure. Order of the tasks: prompt, sampler, steps, guidance scale, strength, seed,
/// image, the last fastest. Image k of every cell uses seed+k, or variation seed+k where there is a variation.
/// </summary>
/// <param name="checkpoint">Digest of the checkpoint.</param>
/// <param name="sweep">The settings with all defaults written out.</param>
internal sealed class JobPlanner(string checkpoint, SweepView sweep)
{
    /// <summary>Number of tasks. Not checked against the limit, so it may be larger than a job is allowed to be.</summary>
    public static Int128 Count(SweepView sweep) =>
        (Int128)sweep.Prompts.Count * sweep.Samplers.Count * sweep.Steps.Count * sweep.GuidanceScales.Count * Strengths(sweep).Count
        * sweep.Seeds.Count * sweep.Images;

    /// <summary>Number of tasks of this job.</summary>
    public int Total { get; } = checked((int)Count(sweep));

    /// <summary>The recipe of a task.</summary>
    /// <param name="index">0…<see cref="Total"/>−1.</param>
    public Recipe RecipeAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Total);
        var rest = index;
        var image = Take(ref rest, sweep.Images);
        var seed = sweep.Seeds[Take(ref rest, sweep.Seeds.Count)];
        var strength = Strengths(sweep)[Take(ref rest, Strengths(sweep).Count)];
        var guidance = sweep.GuidanceScales[Take(ref rest, sweep.GuidanceScales.Count)];
        var steps = sweep.Steps[Take(ref rest, sweep.Steps.Count)];
        var sampler = sweep.Samplers[Take(ref rest, sweep.Samplers.Count)];
        var varied = sweep.VariationStrength > 0;
        return new Recipe
        {
            Checkpoint = checkpoint,
            Prompt = sweep.Prompts[rest],
            NegativePrompt = sweep.NegativePrompt,
            PromptSyntax = sweep.PromptSyntax,
            ClipSkip = sweep.ClipSkip,
            Seed = varied ? seed : checked(seed + (uint)image),
            VariationSeed = varied ? checked(sweep.VariationSeed + (uint)image) : 0,
            VariationStrength = sweep.VariationStrength,
            Width = sweep.Width,
            Height = sweep.Height,
            Steps = steps,
            Sampler = sampler.Sampler,
            NoiseSchedule = sampler.NoiseSchedule,
            TimestepSpacing = sweep.TimestepSpacing,
            Eta = sweep.Eta,
            GuidanceScale = guidance,
            GuidanceRescale = sweep.GuidanceRescale,
            GuidanceStart = sweep.GuidanceStart,
            GuidanceEnd = sweep.GuidanceEnd,
            InitImage = sweep.InitImage,
            Strength = sweep.Strengths is null ? null : strength,
            Mask = sweep.Mask,
            MaskBlur = sweep.MaskBlur,
            InpaintArea = sweep.InpaintArea,
            InpaintPadding = sweep.InpaintPadding,
            InpaintFill = sweep.InpaintFill,
            Outpaint = sweep.Outpaint,
            UpscaleNoiseLevel = sweep.UpscaleNoiseLevel,
            Hires = Hires(steps),
            NoiseSource = sweep.NoiseSource,
            Determinism = sweep.Determinism,
        };
    }

    /// <summary>Stretches of neighbouring tasks that cost the same, in order: a million rows are a handful of stretches.</summary>
    /// <param name="costFactor">Cost of one pixel-step of the checkpoint relative to Stable Diffusion 1.5.</param>
    public IEnumerable<CostStretch> Costs(double costFactor)
    {
        var perStrength = sweep.Seeds.Count * sweep.Images;
        CostStretch? open = null;
        for (var prompt = 0; prompt < sweep.Prompts.Count; prompt++)
        {
            foreach (var cost in CellCosts(costFactor))
            {
                if (open is { } same && same.Cost == cost)
                {
                    open = same with { Count = same.Count + perStrength };
                    continue;
                }

                if (open is { } done) yield return done;
                open = new CostStretch((open?.First ?? 0) + (open?.Count ?? 0), perStrength, cost);
            }
        }

        if (open is { } last) yield return last;
    }

    private IEnumerable<long> CellCosts(double costFactor) =>
        from sampler in sweep.Samplers
        from steps in sweep.Steps
        from guidance in sweep.GuidanceScales
        from strength in Strengths(sweep)
        select JobCost.Of(sweep, sampler.Sampler, steps, guidance, strength, costFactor);

    private HiresPass? Hires(int steps) => sweep.Hires is not { } pass ? null : new HiresPass
    {
        Scale = pass.Scale,
        Upscaler = pass.Upscaler ?? HiresUpscalers.Latent,
        Steps = pass.Steps ?? steps,
        Strength = pass.Strength ?? PictureDefaults.HiresStrength,
    };

    // Without a picture to begin from, and where it is enlarged as a whole, every step is run, once.
    private static IReadOnlyList<double> Strengths(SweepView sweep) => sweep.Strengths ?? AllSteps;

    private static readonly double[] AllSteps = [1];

    private static int Take(ref int rest, int radix)
    {
        (rest, var digit) = Math.DivRem(rest, radix);
        return digit;
    }
}

/// <summary>Neighbouring tasks that cost the same.</summary>
/// <param name="First">Index of the first.</param>
/// <param name="Count">How many.</param>
/// <param name="Cost">Cost of each in pixel-steps.</param>
internal readonly record struct CostStretch(int First, int Count, long Cost);
