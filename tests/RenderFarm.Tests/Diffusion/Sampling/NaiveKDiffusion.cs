using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Sampling;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Sampling;

/// <summary>
/// A run of a k-diffusion sampler in double, written out without anything of ours but the noise: training schedule, noise levels, timesteps, scaling, ancestral
/// split and the stand-in network all stand here once more.
/// </summary>
internal sealed class NaiveKDiffusion(uint seed, int length)
{
    private const int TrainTimesteps = 1000;

    // Ours is float32 over up to 39 turns; the worst seen is below 1e-6.
    private const double Tolerance = 3e-6;

    private static readonly double[] Training = TrainingSigmas();
    private readonly TorchCpuNoise _noise = new(seed);

    /// <summary>One step of the method, from x at a level to the next, in place.</summary>
    public delegate void StepOf(NaiveKDiffusion run, double[] x, double sigma, double next);

    /// <summary>Compares a sampler of ours with a method, on linspace timesteps; the error counts against the first latent.</summary>
    public static void Check(string sampler, string noiseSchedule, int steps, StepOf step)
    {
        const int Length = 64;
        var naive = new NaiveKDiffusion(seed: 11, Length);
        var sigmas = Sigmas(noiseSchedule, steps);
        double[] x = [.. naive.Draw().Select(value => value * sigmas[0])];
        var scale = x.Max(Math.Abs);
        for (var i = 0; i < steps; i++) step(naive, x, sigmas[i], sigmas[i + 1]);

        var ours = SamplerCatalog.Create(
            new TrainingSchedule(new TrainingScheduleOptions()),
            new SamplerSettings { Sampler = sampler, Steps = steps, NoiseSchedule = noiseSchedule, TimestepSpacing = "linspace" });
        var noise = new TorchCpuNoise(11);
        var (latent, input, prediction) = (new float[Length], new float[Length], new float[Length]);
        noise.Draw(latent);
        var state = ours.Start([.. latent.Select(value => value * ours.InitialNoiseScale)], noise);
        while (!state.Finished)
        {
            state.WriteInput(input);
            StandInNetwork.Predict(input, state.Timestep, prediction);
            state.Advance(prediction);
        }

        Closeness.Check($"{sampler} {noiseSchedule}", [.. x.Select(value => (float)value)], state.Latent, Tolerance * scale);
    }

    /// <summary>get_ancestral_step with η = 1.</summary>
    public static (double Down, double Up) Ancestral(double from, double to)
    {
        var up = Math.Min(to, Math.Sqrt(to * to * ((from * from) - (to * to)) / (from * from)));
        return (Math.Sqrt((to * to) - (up * up)), up);
    }

    public double[] Draw()
    {
        var values = new float[length];
        _noise.Draw(values);
        return Array.ConvertAll(values, value => (double)value);
    }

    /// <summary>x − σ ε(x / √(σ² + 1), t(σ)).</summary>
    public static double[] Denoise(double[] x, double sigma)
    {
        var (scale, timestep) = (Math.Sqrt((sigma * sigma) + 1), TimestepOf(sigma));
        return Array.ConvertAll(x, value =>
        {
            var input = value / scale;
            return value - (sigma * ((0.3 * input) + (0.1 * Math.Sin((5 * input) + (timestep / 100)))));
        });
    }

    private static double[] TrainingSigmas()
    {
        var (sigmas, product) = (new double[TrainTimesteps], 1.0);
        for (var t = 0; t < TrainTimesteps; t++)
        {
            var root = Math.Sqrt(0.00085) + ((Math.Sqrt(0.012) - Math.Sqrt(0.00085)) * t / (TrainTimesteps - 1));
            product *= 1 - (root * root);
            sigmas[t] = Math.Sqrt((1 - product) / product);
        }

        return sigmas;
    }

    private static double[] Sigmas(string noiseSchedule, int steps)
    {
        var (highest, lowest) = (Training[^1], Training[0]);
        return
        [
            .. Enumerable.Range(0, steps).Select(i => i / (steps - 1.0)).Select(way => noiseSchedule switch
            {
                "karras" => Math.Pow(Math.Pow(highest, 1 / 7.0) + (way * (Math.Pow(lowest, 1 / 7.0) - Math.Pow(highest, 1 / 7.0))), 7),
                "exponential" => Math.Exp(Math.Log(highest) + (way * (Math.Log(lowest) - Math.Log(highest)))),
                _ => Between((1 - way) * (TrainTimesteps - 1)),
            }),
            0,
        ];
    }

    private static double Between(double timestep)
    {
        var low = Math.Min((int)timestep, TrainTimesteps - 2);
        return Training[low] + ((Training[low + 1] - Training[low]) * (timestep - low));
    }

    /// <summary>sigma_to_t: linear between the logarithms of the two levels around it; on the training schedule itself, the timestep it was read at.</summary>
    private static double TimestepOf(double sigma)
    {
        Assert.InRange(sigma, Training[0] * (1 - 1e-9), Training[^1] * (1 + 1e-9));
        var low = Math.Clamp(Array.FindLastIndex(Training, level => level <= sigma), 0, TrainTimesteps - 2);
        var (from, to) = (Math.Log(Training[low]), Math.Log(Training[low + 1]));
        return low + Math.Clamp((Math.Log(sigma) - from) / (to - from), 0, 1);
    }
}
