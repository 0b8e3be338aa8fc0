namespace RenderFarm.Diffusion.Sampling;

/// <summary>DPM2: DPM-Solver-2 in sigma space. 2N−1 turns.</summary>
/// <param name="schedule">The checkpoint's training schedule.</param>
/// <param name="settings">The recipe's settings.</param>
internal sealed class Dpm2Sampler(TrainingSchedule schedule, SamplerSettings settings) : Dpm2Family(schedule, settings, Dpm2Step.Between);
