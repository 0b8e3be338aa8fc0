using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Vae;
using RenderFarm.Testing.Onnx;
using Xunit;

namespace RenderFarm.ModelTests.Networks;

/// <summary>Decoders that overflow, as those in half precision do.</summary>
public sealed class VaeDecoderTests : IDisposable
{
    private static readonly LatentShape Shape = new(3, 8, 8);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-decoder-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("Sqrt", -1f)]
    [InlineData("Log", 0f)]
    [InlineData("Sqrt", -1f, 16)]
    public void Picture_with_one_number_that_is_not_finite_fails_and_the_next_does_not(string operation, float bad, int maxCells = 64)
    {
        var file = new OnnxFile().Input("latent_sample", OnnxType.Float, 1, 3, "h", "w").Output("sample", OnnxType.Float, 1, 3, "h", "w")
            .Node(operation, ["latent_sample"], ["sample"]).Save(Path.Combine(_folder.FullName, "model.onnx"));
        using var decoder = new VaeDecoder(
            OnnxGraph.Load(file, new OnnxSessionFactory(new PipelineOptions { Threads = 1 })), scale: 1, factor: 1, new VaeTiling(maxCells, 4, 1, 1));
        var latent = new float[Shape.Length];
        Array.Fill(latent, 1);
        decoder.Decode(latent, Shape, TestContext.Current.CancellationToken);
        latent[100] = bad;
        var error = Assert.Throws<GenerationException>(() => decoder.Decode(latent, Shape, TestContext.Current.CancellationToken));
        Assert.Equal(GenerationError.NotFinite, error.Error);
        Assert.Contains("VAE decoder gave infinite or NaN pixels", error.Message, StringComparison.Ordinal);
        latent[100] = 1;
        decoder.Decode(latent, Shape, TestContext.Current.CancellationToken);
    }
}
