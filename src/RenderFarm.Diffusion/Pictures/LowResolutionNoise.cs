using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Pictures;

/// <summary>The noise that a ×4 upscaler was trained to see its small picture under (Ho et al. 2021, "Cascaded diffusion models", section 4.2).</summary>
/// <param name="schedule">Its forward process, <c>low_res_scheduler</c> in the checkpoint's folder.</param>
internal sealed class LowResolutionNoise(TrainingSchedule schedule)
{
    /// <summary>Reads the process of a checkpoint; without a file, that of Stable Diffusion's ×4 upscaler.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static LowResolutionNoise Of(Checkpoint checkpoint)
    {
        var file = JsonFile.ReadIfThere(Path.Combine(checkpoint.Folder, "low_res_scheduler", "scheduler_config.json"));
        var options = file is null ? new TrainingScheduleOptions { BetaStart = 0.0001, BetaEnd = 0.02 } : SchedulerConfig.Read(file);
        return new LowResolutionNoise(new TrainingSchedule(options));
    }

    /// <summary>The picture in −1…1 under noise: √ᾱ·x + √(1−ᾱ)·n.</summary>
    /// <param name="image">The small picture.</param>
    /// <param name="level">Timestep of its noise.</param>
    /// <param name="noise">The image's stream; one draw is taken.</param>
    /// <returns>[3, height, width] in C order.</returns>
    public float[] Apply(RgbImage image, int level, INoiseStream noise)
    {
        var plane = image.Width * image.Height;
        var drawn = new float[3 * plane];
        noise.Draw(drawn);
        var alpha = schedule.AlphasCumprod[level];
        var (signal, amount) = (MathF.Sqrt(alpha), MathF.Sqrt(1 - alpha));
        for (var i = 0; i < drawn.Length; i++)
        {
            var value = (2 * (image.Pixels[(i % plane * 3) + (i / plane)] / 255f)) - 1;
            drawn[i] = (signal * value) + (amount * drawn[i]);
        }

        return drawn;
    }
}
