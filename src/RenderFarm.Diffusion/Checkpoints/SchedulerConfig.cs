using RenderFarm.Diffusion.Sampling;

namespace RenderFarm.Diffusion.Checkpoints;

/// <summary>
/// Maps diffusers' <c>scheduler_config.json</c> once, on loading. Its training part becomes <see cref="TrainingScheduleOptions"/>; its
/// sampling part only serves as a default, because in a recipe those are the user's choice.
/// </summary>
internal static class SchedulerConfig
{
    public static TrainingScheduleOptions Read(JsonFile config)
    {
        var defaults = new TrainingScheduleOptions();
        var className = config.Text("_class_name");
        return new TrainingScheduleOptions
        {
            TrainTimesteps = config.Integer("num_train_timesteps") ?? defaults.TrainTimesteps,
            BetaStart = config.Number("beta_start") ?? defaults.BetaStart,
            BetaEnd = config.Number("beta_end") ?? defaults.BetaEnd,
            BetaSchedule = config.Text("beta_schedule") ?? defaults.BetaSchedule,
            TrainedBetas = config.Numbers("trained_betas"),
            Prediction = config.Text("prediction_type") switch
            {
                "v_prediction" => PredictionType.Velocity,
                "sample" => PredictionType.Sample,
                _ => PredictionType.Epsilon,
            },
            StepsOffset = config.Integer("steps_offset") ?? 0,
            // Absent members: diffusers' own defaults for its DDIM and DDPM files; for the rest, which never read them, CompVis' convention.
            SetAlphaToOne = config.Flag("set_alpha_to_one") ?? className == "DDIMScheduler",
            ClipSample = config.Flag("clip_sample") ?? className is "DDIMScheduler" or "DDPMScheduler",
            ClipSampleRange = config.Number("clip_sample_range") ?? defaults.ClipSampleRange,
            RescaleZeroTerminalSnr = config.Flag("rescale_betas_zero_snr") ?? false,
        };
    }
}
