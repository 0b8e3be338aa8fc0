using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Denoising;
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
        foreach (var (height, width) in new[] { (8, 8), (8, 12), (16, 16), (24, 16), (40, 40) })
        {
            var shape = new LatentShape(4, height, width);
            var alone = Run(reference, shape, [3])[0];
            foreach (var rows in height <= 16 ? Enumerable.Range(1, 16) : [1, 2, 5])
            {
                // The row in question sits last, among rows with other latents, timesteps and prompts.
                var predictions = Run(network, shape, [.. Enumerable.Range(100, rows - 1), 3]);
                Assert.True(alone.AsSpan().SequenceEqual(predictions[^1]), $"{rows} rows of {height}×{width} with {threads} threads differ.");
            }
        }
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
