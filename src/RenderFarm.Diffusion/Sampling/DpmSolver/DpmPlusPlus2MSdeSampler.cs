namespace RenderFarm.Diffusion.Sampling;

/// <summary>DPM++ 2M SDE: second-order multistep for the SDE of the clean latent. N turns, one draw each.</summary>
/// <remarks>
/// This implementation matches diffusers' <c>scheduling_dpmsolver_multistep.py</c> with <c>algorithm_type="sde-dpmsolver++"</c>: draws are independent, where
/// k-diffusion takes them from a Brownian tree.
/// </remarks>
/// <param name="schedule">The checkpoint's training schedule.</param>
/// <param name="settings">The recipe's settings.</param>
internal sealed class DpmPlusPlus2MSdeSampler(TrainingSchedule schedule, SamplerSettings settings)
    : DpmSolverMultistepSampler(schedule, settings, new DpmSolverVariant { Kind = DpmSolverKind.CleanSde });
