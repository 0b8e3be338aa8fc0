namespace RenderFarm.Diffusion.Sampling;

/// <summary>DPM2 a: DPM-Solver-2 to a level below the next one, and fresh noise up to it. 2N−1 turns, a draw in each second one.</summary>
/// <param name="schedule">The checkpoint's training schedule.</param>
/// <param name="settings">The recipe's settings.</param>
internal sealed class Dpm2AncestralSampler(TrainingSchedule schedule, SamplerSettings settings) : Dpm2Family(schedule, settings, Dpm2Step.Ancestral);
