namespace RenderFarm.Diffusion.Sampling;

/// <summary>DPM-Solver (2M): second-order multistep for the noise (Lu et al. 2022, arXiv:2206.00927). N turns.</summary>
/// <remarks>It ends at the lowest training σ: the equation of the noise has no limit at σ = 0.</remarks>
/// <param name="schedule">The checkpoint's training schedule.</param>
/// <param name="settings">The recipe's settings.</param>
internal sealed class DpmSolver2Sampler(TrainingSchedule schedule, SamplerSettings settings)
    : DpmSolverMultistepSampler(schedule, settings, new DpmSolverVariant { Kind = DpmSolverKind.Noise, EndsAtSigmaMin = true });
