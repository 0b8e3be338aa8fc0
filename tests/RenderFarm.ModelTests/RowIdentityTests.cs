using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Text;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.ModelTests;

/// <summary>What the promise rests on at the bottom: a row of the UNet has the same bits whoever is in the call and however many threads run it.</summary>
public sealed class RowIdentityTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Row_of_the_demo_network_has_the_same_bits_for_1_to_16_rows_and_latents_of_8_to_40_cells(int threads)
    {
        using var reference = Load(threads: 1);
        using var network = Load(threads);
        foreach (var (height, width) in new[] { (8, 8), (8, 12), (12, 8), (16, 16), (8, 40), (24, 16), (32, 32), (40, 24), (40, 40) })
        {
            var shape = new LatentShape(4, height, width);
            var alone = Run(reference, shape, [3])[0];
            foreach (var rows in (height * width) switch { < 100 => Enumerable.Range(1, 16), < 1_000 => [2, 5, 16], _ => [2, 5] })
            {
                // The row in question sits first and last, among rows with other latents, timesteps and prompts.
                var predictions = Run(network, shape, rows == 1 ? [3] : [3, .. Enumerable.Range(100, rows - 2), 3]);
                Assert.True(alone.AsSpan().SequenceEqual(predictions[0]), $"The first of {rows} rows of {height}×{width} with {threads} threads differs.");
                Assert.True(alone.AsSpan().SequenceEqual(predictions[^1]), $"The last of {rows} rows of {height}×{width} with {threads} threads differs.");
            }
        }
    }

    [Fact]
    public void Probe_at_load_finds_that_calls_of_the_demo_network_need_no_filling_up()
    {
        using var network = Load(threads: 2);
        Assert.Equal("any", RowProbe.Measure(network, new CallShape(new LatentShape(4, 8, 8), 77, network.TextWidth!.Value), maxRows: 16).ToString());
    }

    private static UNet Load(int threads) => new(OnnxGraph.Load(
        Path.Combine(Repository.DemoCheckpoint, "unet", "model.onnx"), new OnnxSessionFactory(new PipelineOptions { Threads = threads })));

    /// <summary>Predictions for rows whose numbers follow from a seed each.</summary>
    private static float[][] Run(UNet network, LatentShape shape, int[] seeds)
    {
        const int Tokens = 77;
        var width = network.TextWidth!.Value;
        using var call = network.Prepare(seeds.Length, shape, Tokens, width);
        for (var row = 0; row < seeds.Length; row++)
        {
            var random = new Random(seeds[row]);
            foreach (ref var value in call.Sample(row)) value = (float)((random.NextDouble() * 4) - 2);
            call.SetTimestep(row, random.Next(1000));
            var text = Enumerable.Range(0, Tokens * width).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
            call.SetConditioning(row, new Conditioning(new PromptEmbedding(text, Tokens, width)));
        }

        using var options = new RunOptions();
        network.Run(call, options);
        return [.. Enumerable.Range(0, seeds.Length).Select(row => call.Prediction(row).ToArray())];
    }
}
