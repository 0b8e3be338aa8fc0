using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Onnx;

namespace RenderFarm.Benchmarks.StableDiffusion15;

/// <summary>What ONNX Runtime's best convolution or matrix product of this UNet does on this machine, each alone in a graph.</summary>
internal sealed class KernelPeak : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.4);
    private readonly List<Kernel> _kernels = [];

    /// <summary>Builds the candidates and keeps the two fastest.</summary>
    /// <param name="folder">For the graphs' files.</param>
    /// <param name="sessions">With the options of the UNet's own session.</param>
    /// <param name="rows">Rows of the UNet's calls.</param>
    /// <param name="side">Side of its latent.</param>
    public KernelPeak(string folder, OnnxSessionFactory sessions, int rows, int side)
    {
        foreach (var (channels, divisor) in new[] { (320, 1), (640, 2), (1280, 4) })
        {
            var cells = side / divisor;
            _kernels.Add(Kernel.Create(folder, sessions, $"conv {channels} 3x3 at {cells}x{cells}", rows, new Feature("x", channels, cells, cells), convolution: true));
            _kernels.Add(Kernel.Create(folder, sessions, $"matmul {rows * cells * cells}x{channels}x{8 * channels}", rows, new Feature("x", channels, cells, cells), convolution: false));
        }

        foreach (var kernel in _kernels)
        {
            kernel.Run();
            Console.WriteLine(FormattableString.Invariant($"  {kernel.Name}: {kernel.Measure(Patience).Rate / 1e9:F0} GFLOP/s"));
        }

        foreach (var slow in _kernels.OrderByDescending(kernel => kernel.Measure(Patience).Rate).Skip(2).ToArray())
        {
            _kernels.Remove(slow);
            slow.Dispose();
        }
    }

    /// <summary>The better of the two fastest just now, operations per second and per processor second.</summary>
    public (double Rate, double RateByProcessor) Measure()
    {
        var measured = _kernels.ConvertAll(kernel => kernel.Measure(Patience));
        return (measured.Max(one => one.Rate), measured.Max(one => one.RateByProcessor));
    }

    public void Dispose()
    {
        foreach (var kernel in _kernels) kernel.Dispose();
    }

    private sealed class Kernel(string name, double operations, InferenceSession session, OrtValue input, OrtValue output) : IDisposable
    {
        private readonly RunOptions _options = new();

        public string Name => name;

        public static Kernel Create(string folder, OnnxSessionFactory sessions, string name, int rows, Feature input, bool convolution)
        {
            var file = Path.Combine(folder, $"{name}.onnx");
            using var weights = new WeightFile(folder, $"{name}.bin", seed: 7);
            var graph = new GraphWriter(weights, rows);
            long[] shape = convolution ? [rows, input.Channels, input.Height, input.Width] : [rows * input.Cells, input.Channels];
            graph.Input("x", [.. shape.Cast<object>()]);
            var layers = new UNetLayers(graph);
            var result = convolution ? layers.Convolve(input, input.Channels, 3).Name : layers.Linear("x", rows * input.Cells, input.Channels, 8 * input.Channels);
            graph.Name(result, "y");
            long[] outShape = convolution ? shape : [shape[0], 8 * input.Channels];
            graph.Output("y", [.. outShape.Cast<object>()]);
            graph.Save(file);
            weights.Dispose();
            var values = new float[shape.Aggregate(1L, (product, dimension) => product * dimension)];
            for (var i = 0; i < values.Length; i++) values[i] = (i % 17) - 8;
            return new Kernel(
                name, graph.Operations, sessions.Open(file), OrtValue.CreateTensorValueFromMemory(values, shape),
                OrtValue.CreateTensorValueFromMemory(new float[outShape.Aggregate(1L, (product, dimension) => product * dimension)], outShape));
        }

        public void Run() => session.Run(_options, ["x"], [input], ["y"], [output]);

        /// <summary>Operations per second and per processor second, over as many calls as the patience allows and at least one.</summary>
        public (double Rate, double RateByProcessor) Measure(TimeSpan patience)
        {
            var (clock, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            var calls = 0;
            do
            {
                Run();
                calls++;
            }
            while (Stopwatch.GetElapsedTime(clock) < patience);
            var used = Environment.CpuUsage.TotalTime - processor;
            return (operations * calls / Stopwatch.GetElapsedTime(clock).TotalSeconds, operations * calls / used.TotalSeconds);
        }

        public void Dispose()
        {
            _options.Dispose();
            input.Dispose();
            output.Dispose();
            session.Dispose();
        }
    }
}
