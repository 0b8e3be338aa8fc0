using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Text;
using RenderFarm.Testing;

namespace RenderFarm.Benchmarks;

/// <summary>What the engine adds to ONNX Runtime: the same UNet calls through the step loop and bare, in turns.</summary>
internal static class EngineBenchmark
{
    private const int Steps = 50;
    private static readonly LatentShape Shape = new(4, 8, 8);
    private static readonly string UNetFile = Path.Combine(Repository.DemoCheckpoint, "unet", "model.onnx");

    public static async Task RunAsync(Results results)
    {
        var sessions = new OnnxSessionFactory(new PipelineOptions());
        using var unet = new UNet(OnnxGraph.Load(UNetFile, sessions));
        using var engine = new DenoisingEngine(unet, new TurnLimits(8, 16, 64, TimestepPerRow: true), 131_072, TimeProvider.System);
        using var bare = new BareCalls(sessions.Open(UNetFile));
        var sampler = SamplerCatalog.Create(
            new TrainingSchedule(new TrainingScheduleOptions { StepsOffset = 1 }), new SamplerSettings { Sampler = "dpmpp_2m", Steps = Steps });

        await LoopAsync(engine, sampler);
        bare.Run(Steps);
        await CountCollectionsAsync(results, engine, sampler);
        List<double> ratios = [], allocations = [], bareMilliseconds = [];
        for (var pair = 0; pair < results.Pairs; pair++)
        {
            // Who goes first alternates, so that a drift of the machine favours neither.
            var first = pair % 2 == 0 ? bare.Run(Steps) : default;
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var loop = await LoopAsync(engine, sampler);
            allocations.Add((GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Steps);
            var calls = pair % 2 == 0 ? first : bare.Run(Steps);
            ratios.Add(loop / calls);
            bareMilliseconds.Add(calls.TotalMilliseconds / Steps);
        }

        results.AtMost("step loop ÷ bare session.Run, 2 rows of 8×8", "ratio", ratios, 1.02);
        results.AtMost("managed allocation per step, image set-up included", "bytes", allocations, 1024);
        results.Note("bare UNet call, 2 rows of 8×8", "ms", bareMilliseconds);
    }

    private static async Task CountCollectionsAsync(Results results, DenoisingEngine engine, Sampler sampler)
    {
        var before = GC.CollectionCount(2);
        for (var step = 0; step < 1_000; step += Steps) await LoopAsync(engine, sampler);
        results.AtMost("gen-2 collections in 1,000 steps", "collections", [GC.CollectionCount(2) - before], 0);
    }

    private static async Task<TimeSpan> LoopAsync(DenoisingEngine engine, Sampler sampler)
    {
        var noise = NoiseStreams.Create("torch_cpu", 42);
        var latent = new float[Shape.Length];
        noise.Draw(latent);
        var slot = new Slot(sampler.Start(latent, noise), Shape, Embedding, Embedding2, new GuidanceSettings(4), Steps, progress: null, CancellationToken.None);
        var clock = Stopwatch.GetTimestamp();
        await engine.RunAsync(slot);
        return Stopwatch.GetElapsedTime(clock);
    }

    private static readonly Conditioning Embedding = new(new PromptEmbedding(Enumerable.Range(0, 77 * 96).Select(i => MathF.Sqrt(i % 7)).ToArray(), 77, 96));
    private static readonly Conditioning Embedding2 = new(new PromptEmbedding(Enumerable.Range(0, 77 * 96).Select(i => MathF.Sqrt(i % 5)).ToArray(), 77, 96));

    /// <summary>The calls as the simplest program would make them: fixed inputs, nothing between two calls.</summary>
    private sealed class BareCalls : IDisposable
    {
        private static readonly string[] Inputs = ["sample", "timestep", "encoder_hidden_states"];
        private static readonly string[] Outputs = ["out_sample"];
        private readonly InferenceSession _session;
        private readonly OrtValue[] _inputs;
        private readonly OrtValue[] _outputs;
        private readonly RunOptions _options = new();

        public BareCalls(InferenceSession session)
        {
            _session = session;
            _inputs =
            [
                OrtValue.CreateTensorValueFromMemory(new float[2 * Shape.Length], [2, 4, 8, 8]),
                OrtValue.CreateTensorValueFromMemory(new float[] { 500, 500 }, [2]),
                OrtValue.CreateTensorValueFromMemory(new float[2 * 77 * 96], [2, 77, 96]),
            ];
            _outputs = [OrtValue.CreateTensorValueFromMemory(new float[2 * Shape.Length], [2, 4, 8, 8])];
        }

        public TimeSpan Run(int calls)
        {
            var clock = Stopwatch.GetTimestamp();
            for (var call = 0; call < calls; call++) _session.Run(_options, Inputs, _inputs, Outputs, _outputs);
            return Stopwatch.GetElapsedTime(clock);
        }

        public void Dispose()
        {
            foreach (var value in _inputs.Concat(_outputs)) value.Dispose();
            _options.Dispose();
            _session.Dispose();
        }
    }
}
