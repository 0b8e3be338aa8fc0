using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>What sampler names mean, and which noise schedule and η go with them; pure.</summary>
internal static class SamplerRules
{
    /// <summary>Samplers with their noise schedules. A schedule comes from the request, else from the sampler's name, else from the checkpoint.</summary>
    public static IReadOnlyList<SweepSampler> Resolve(SubmitJob request, CheckpointDescription checkpoint, SettingsCheck check)
    {
        var asked = request.NoiseSchedule;
        if (asked is not null && !NoiseSchedules.All.Contains(asked))
        {
            check.Word("noise_schedule", asked, NoiseSchedules.All, NoiseSchedules.Uniform);
            asked = null;
        }

        var names = check.Sweep("sampler", request.Sampler, checkpoint.Sampler, RenderLimits.MaxSweepValues, name => Fault(name, asked));
        return [.. names.Select(name => Resolve(name, asked, checkpoint)).OfType<SweepSampler>()];
    }

    /// <summary>η, which only DDIM has.</summary>
    public static double Eta(SubmitJob request, IReadOnlyList<SweepSampler> samplers, SettingsCheck check)
    {
        if (request.Eta is not { } eta) return 0;
        if (eta is not (>= 0 and <= 1)) check.Fault("eta", eta, "0…1.");
        else if (eta != 0 && samplers.FirstOrDefault(sampler => sampler.Sampler != Samplers.Ddim) is { } other)
            check.Fault("eta", eta, $"Only the sampler ddim has an eta; this job also uses {other.Sampler}.");
        return eta;
    }

    /// <summary>What is allowed, when a step count is not: some samplers of the sweep may need more steps, or take fewer, than the farm allows.</summary>
    public static string? StepsFault(int steps, IReadOnlyList<SweepSampler> samplers)
    {
        if (steps is < RenderLimits.MinSteps or > RenderLimits.MaxSteps) return $"{RenderLimits.MinSteps}…{RenderLimits.MaxSteps:N0}.";
        foreach (var (sampler, _) in samplers)
        {
            var (min, max) = Samplers.StepRange(sampler);
            if (steps < min || steps > max) return $"{min}…{max:N0} with the sampler {sampler}.";
        }

        return null;
    }

    private static string? Fault(string name, string? asked)
    {
        if (Samplers.Resolve(name) is not { } resolved)
        {
            var near = Samplers.NearTo(name);
            return (near.Count == 0 ? "" : $"Near it are {string.Join(" and ", near)}. ")
                + $"One of {string.Join(", ", Samplers.All)}, or a name that A1111 or AI Horde uses for one of them.";
        }

        if (asked is not null && resolved.NoiseSchedule is not null && asked != resolved.NoiseSchedule)
            return $"The name says {resolved.NoiseSchedule} and noise_schedule says {asked}. Give one of them.";
        return (asked ?? resolved.NoiseSchedule) is { } schedule && schedule != NoiseSchedules.Uniform && !Samplers.AllowsNoiseSchedules(resolved.Sampler)
            ? $"{resolved.Sampler} has no {schedule} schedule. Those with one are {string.Join(", ", Samplers.All.Where(Samplers.AllowsNoiseSchedules))}."
            : null;
    }

    private static SweepSampler? Resolve(string name, string? asked, CheckpointDescription checkpoint)
    {
        if (Samplers.Resolve(name) is not { } resolved) return null;
        var byDefault = Samplers.AllowsNoiseSchedules(resolved.Sampler) ? checkpoint.NoiseSchedule : NoiseSchedules.Uniform;
        return new SweepSampler(resolved.Sampler, asked ?? resolved.NoiseSchedule ?? byDefault);
    }
}
