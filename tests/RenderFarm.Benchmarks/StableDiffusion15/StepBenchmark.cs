using System.Diagnostics;
using System.Globalization;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Text;

namespace RenderFarm.Benchmarks.StableDiffusion15;

/// <summary>
/// A step of Stable Diffusion 1.5 at 512×512 with guidance (two rows of 64×64) through the engine on the CPU: how much of what ONNX Runtime's best kernel does
/// arrives, and how much memory it takes.
/// </summary>
internal static class StepBenchmark
{
    private const int Rows = 2;
    private const int Side = 64;

    public static async Task RunAsync(Results results)
    {
        var folder = Directory.CreateTempSubdirectory("renderfarm-sd15-");
        try
        {
            var operations = UNetFile.Write(folder.FullName, Rows, Side);
            await MeasureAsync(results, folder.FullName, operations);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(Results results, string folder, double operations)
    {
        var sessions = new OnnxSessionFactory(new PipelineOptions { Device = "cpu", Slots = 1 });
        using var peak = new KernelPeak(folder, sessions, Rows, Side);
        using var unet = new UNet(OnnxGraph.Load(Path.Combine(folder, "model.onnx"), sessions.ForKeptBuffers()));
        using var engine = new DenoisingEngine(unet, new TurnLimits(1, Rows, 64, TimestepPerRow: true), long.MaxValue, TimeProvider.System);
        var turns = new Turns(peak);
        await engine.RunAsync(Image(turns, steps: results.Pairs + 1));
        results.AtLeast(
            "512×512 guided step of an SD1.5-shaped UNet ÷ ONNX Runtime's best kernel, operations/s", "ratio",
            turns.Pairs.Select(pair => operations / pair.Seconds / pair.Peak), 0.8);
        results.Note(
            "the same by processor time instead of wall clock, which other work on the machine disturbs less", "ratio",
            turns.Pairs.Select(pair => operations / pair.Processor / pair.PeakByProcessor));
        results.Note("512×512 guided step", "s", turns.Pairs.Select(pair => pair.Seconds));
        results.Note("512×512 guided step, operations of convolutions and matrix products", "TFLOP", [operations / 1e12]);
        results.Note("512×512 guided step", "GFLOP/s", turns.Pairs.Select(pair => operations / pair.Seconds / 1e9));
        results.Note("ONNX Runtime's best convolution or matrix product of that UNet", "GFLOP/s", turns.Pairs.Select(pair => pair.Peak / 1e9));
        results.AtMost("peak resident memory, 3.4 GB of float32 weights included", "GB", [PeakMemory() / 1e9], 8);
    }

    private static Slot Image(IProgress<GenerationProgress> watcher, int steps)
    {
        var shape = new LatentShape(4, Side, Side);
        var sampler = SamplerCatalog.Create(
            new TrainingSchedule(new TrainingScheduleOptions { StepsOffset = 1 }), new SamplerSettings { Sampler = "ddim", Steps = steps });
        var noise = NoiseStreams.Create("torch_cpu", 42);
        var latent = new float[shape.Length];
        noise.Draw(latent);
        return new Slot(sampler.Start(latent, noise), shape, Prompt(7), Prompt(5), new GuidanceSettings(7.5), steps, watcher, CancellationToken.None);
    }

    private static Conditioning Prompt(int period) => new(new PromptEmbedding(
        [.. Enumerable.Range(0, UNetLayers.Tokens * UNetLayers.TextWidth).Select(i => (i % period) - (period / 2f))], UNetLayers.Tokens, UNetLayers.TextWidth));

    /// <summary>Highest resident set of this process, bytes: Linux alone knows.</summary>
    private static double PeakMemory()
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Times each turn and measures the kernel between two turns, on the engine's own thread; the first turn warms up.</summary>
    private sealed class Turns(KernelPeak peak) : IProgress<GenerationProgress>
    {
        private long _clock;
        private TimeSpan _processor;

        /// <summary>Seconds and processor seconds of a step, then operations per second and per processor second of the kernel.</summary>
        public List<(double Seconds, double Processor, double Peak, double PeakByProcessor)> Pairs { get; } = [];

        public void Report(GenerationProgress value)
        {
            var seconds = Stopwatch.GetElapsedTime(_clock).TotalSeconds;
            var processor = (Environment.CpuUsage.TotalTime - _processor).TotalSeconds;
            if (value.Turn > 1)
            {
                var (rate, rateByProcessor) = peak.Measure();
                Pairs.Add((seconds, processor, rate, rateByProcessor));
                Console.WriteLine(FormattableString.Invariant($"  step {value.Turn}: {seconds:F2} s, {processor:F2} s of processors; best kernel {rate / 1e9:F0} GFLOP/s"));
            }

            _clock = Stopwatch.GetTimestamp();
            _processor = Environment.CpuUsage.TotalTime;
        }
    }
}
