namespace RenderFarm.Diffusion.Sampling;

/// <summary>DPM-Solver++ (2M): second-order multistep for the clean latent (Lu et al. 2022, arXiv:2211.01095, algorithm 2). N turns.</summary>
/// <param name="schedule">The checkpoint's training schedule.</param>
/// <param name="settings">The recipe's settings.</param>
/// <param name="variant">Null for the usual midpoint rule ending at σ = 0.</param>
internal sealed class DpmPlusPlus2MSampler(TrainingSchedule schedule, SamplerSettings settings, DpmSolverVariant? variant = null)
    : DpmSolverMultistepSampler(schedule, settings, variant ?? new DpmSolverVariant());
