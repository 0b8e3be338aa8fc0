namespace RenderFarm.Diffusion.Sampling;

/// <summary>Makes samplers from the settings of a recipe. A new sampler is one file and one line here.</summary>
public static class SamplerCatalog
{
    private static readonly Entry[] Entries =
    [
        new("plms", (schedule, settings) => new PlmsSampler(schedule, settings)),
        new("ddim", (schedule, settings) => new DdimSampler(schedule, settings), AllowsEta: true),
        new("ddpm", (schedule, settings) => new DdpmSampler(schedule, settings)),
        new("lcm", (schedule, settings) => new LcmSampler(schedule, settings)),
        new("pndm", (schedule, settings) => new PndmSampler(schedule, settings)),
        new("euler", (schedule, settings) => new EulerSampler(schedule, settings), AllowsNoiseSchedules: true),
        new("euler_a", (schedule, settings) => new EulerAncestralSampler(schedule, settings), AllowsNoiseSchedules: true),
        new("heun", (schedule, settings) => new HeunSampler(schedule, settings), AllowsNoiseSchedules: true),
        new("dpm2", (schedule, settings) => new Dpm2Sampler(schedule, settings), AllowsNoiseSchedules: true),
        new("dpm2_a", (schedule, settings) => new Dpm2AncestralSampler(schedule, settings), AllowsNoiseSchedules: true),
        new("dpmpp_2s_a", (schedule, settings) => new DpmPlusPlus2SAncestralSampler(schedule, settings), AllowsNoiseSchedules: true),
        new("dpmpp_sde", (schedule, settings) => new DpmPlusPlusSdeSampler(schedule, settings), AllowsNoiseSchedules: true),
        new("lms", (schedule, settings) => new LmsSampler(schedule, settings), AllowsNoiseSchedules: true),
        new("dpmpp_2m", (schedule, settings) => new DpmPlusPlus2MSampler(schedule, settings), AllowsNoiseSchedules: true),
        new("dpmpp_2m_sde", (schedule, settings) => new DpmPlusPlus2MSdeSampler(schedule, settings), AllowsNoiseSchedules: true),
        new("dpmpp_3m", (schedule, settings) => new DpmPlusPlus3MSampler(schedule, settings), AllowsNoiseSchedules: true),
        new("dpmsolver_2", (schedule, settings) => new DpmSolver2Sampler(schedule, settings), AllowsNoiseSchedules: true),
        new("dpmpp_2s", (schedule, settings) => new DpmPlusPlus2SSampler(schedule, settings), AllowsNoiseSchedules: true),
        new("unipc", (schedule, settings) => new UniPcSampler(schedule, settings), AllowsNoiseSchedules: true),
        new("deis", (schedule, settings) => new DeisSampler(schedule, settings), AllowsNoiseSchedules: true),
    ];

    /// <summary>Every sampler name that <see cref="Create"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Entries.Select(entry => entry.Name)];

    /// <summary>Whether a sampler is known and takes other noise schedules than <c>uniform</c>.</summary>
    public static bool AllowsNoiseSchedules(string sampler) => Array.Exists(Entries, entry => entry.Name == sampler && entry.AllowsNoiseSchedules);

    /// <summary>The sampler of a recipe for a checkpoint.</summary>
    /// <exception cref="ArgumentException">A setting is unknown or out of range, or the combination is refused; the message names it.</exception>
    public static Sampler Create(TrainingSchedule schedule, SamplerSettings settings)
    {
        var entry = Array.Find(Entries, known => known.Name == settings.Sampler)
            ?? throw new ArgumentException($"Unknown sampler '{settings.Sampler}'; known are {string.Join(", ", Names)}.", nameof(settings));
        if (settings.Steps < 1 || settings.Steps > schedule.TrainTimesteps)
        {
            throw new ArgumentException(
                $"Steps is {settings.Steps}; it must be within 1 and the {schedule.TrainTimesteps} training timesteps.", nameof(settings));
        }

        if (!TimestepSpacing.Names.Contains(settings.TimestepSpacing))
        {
            throw new ArgumentException(
                $"Unknown timestep spacing '{settings.TimestepSpacing}'; known are {string.Join(", ", TimestepSpacing.Names)}.", nameof(settings));
        }

        if (settings.NoiseSchedule != "uniform" && !entry.AllowsNoiseSchedules)
        {
            throw new ArgumentException(
                $"Sampler '{settings.Sampler}' has no '{settings.NoiseSchedule}' noise schedule: it steps through training timesteps, so only 'uniform' "
                + $"fits it. Other schedules go with {NamesWhere(known => known.AllowsNoiseSchedules)}.",
                nameof(settings));
        }

        CheckEta(entry, settings);
        return entry.Make(schedule, settings);
    }

    private static void CheckEta(Entry entry, SamplerSettings settings)
    {
        if (settings.Eta is not (>= 0 and <= 1))
            throw new ArgumentException(FormattableString.Invariant($"Eta is {settings.Eta}; it must be within 0 and 1."), nameof(settings));
        if (settings.Eta == 0 || entry.AllowsEta) return;
        throw new ArgumentException(
            FormattableString.Invariant(
                $"Sampler '{settings.Sampler}' takes no eta, but eta is {settings.Eta}. Eta goes with {NamesWhere(known => known.AllowsEta)}."),
            nameof(settings));
    }

    private static string NamesWhere(Func<Entry, bool> condition) => string.Join(", ", Entries.Where(condition).Select(entry => entry.Name));

    private sealed record Entry(
        string Name, Func<TrainingSchedule, SamplerSettings, Sampler> Make, bool AllowsNoiseSchedules = false, bool AllowsEta = false);
}
