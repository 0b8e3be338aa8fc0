namespace RenderFarm.Diffusion.Sampling;

/// <summary>DPM-Solver++ (3M): third-order multistep for the clean latent (Lu et al. 2022, arXiv:2211.01095). N turns.</summary>
/// <param name="schedule">The checkpoint's training schedule.</param>
/// <param name="settings">The recipe's settings.</param>
internal sealed class DpmPlusPlus3MSampler(TrainingSchedule schedule, SamplerSettings settings)
    : DpmSolverMultistepSampler(schedule, settings, new DpmSolverVariant { Order = 3 });
