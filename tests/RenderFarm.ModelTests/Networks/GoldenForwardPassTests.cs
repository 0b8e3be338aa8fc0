using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Text;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.ModelTests.Networks;

/// <summary>
/// The demo checkpoint's four graphs against the outputs that torch 1.13 gave for the same weights (golden/demo-onnx/check_io.safetensors; the cases
/// with index 0 have one row, those with index 1 three rows of another size).
/// </summary>
public sealed class GoldenForwardPassTests
{
    // ONNX Runtime and torch order float32 sums differently; measured 4.4e-6, and one decimal digit for other instruction sets.
    private const double Tolerance = 5e-5;

    private static readonly Safetensors Golden = Safetensors.Read(Repository.PathTo("tests", "RenderFarm.ModelTests", "golden", "demo-onnx", "check_io.safetensors"));

    [Theory]
    [InlineData("text_encoder", 0)]
    [InlineData("text_encoder", 1)]
    [InlineData("unet", 0)]
    [InlineData("unet", 1)]
    [InlineData("vae_decoder", 0)]
    [InlineData("vae_decoder", 1)]
    [InlineData("vae_encoder", 0)]
    [InlineData("vae_encoder", 1)]
    public void Graph_gives_what_torch_gave(string graph, int shape)
    {
        using var session = new InferenceSession(Path.Combine(Repository.DemoCheckpoint, graph, "model.onnx"));
        var inputs = Golden.Names.Where(name => name.StartsWith($"{graph}{shape}/in/", StringComparison.Ordinal)).ToArray();
        var values = inputs.Select(name => Golden.Type(name) == "I32"
            ? OrtValue.CreateTensorValueFromMemory(Golden.Integers(name), Golden.Shape(name))
            : OrtValue.CreateTensorValueFromMemory(Golden.Floats(name), Golden.Shape(name))).ToArray();
        using var options = new RunOptions();
        using var results = session.Run(options, [.. inputs.Select(name => name.Split('/')[2])], values, session.OutputNames);
        for (var i = 0; i < session.OutputNames.Count; i++)
            Close.Assert(Golden.Floats($"{graph}{shape}/out/{session.OutputNames[i]}"), results[i].GetTensorDataAsSpan<float>(), Tolerance, session.OutputNames[i]);
        foreach (var value in values) value.Dispose();
    }

    [Fact]
    public void UNet_call_gives_every_row_what_torch_gave()
    {
        var sessions = new OnnxSessionFactory(new PipelineOptions());
        using var unet = new UNet(OnnxGraph.Load(Path.Combine(Repository.DemoCheckpoint, "unet", "model.onnx"), sessions));
        Assert.True(unet.TimestepPerRow);
        Assert.Equal(4, unet.Channels);

        var shape = new LatentShape(4, 12, 8);
        var (sample, timestep, text) = (Golden.Floats("unet1/in/sample"), Golden.Floats("unet1/in/timestep"), Golden.Floats("unet1/in/encoder_hidden_states"));
        var textLength = 77 * 96;
        using var call = unet.Prepare(3, shape, 77, 96);
        for (var row = 0; row < 3; row++)
        {
            sample.AsSpan(row * shape.Length, shape.Length).CopyTo(call.Sample(row));
            call.SetTimestep(row, timestep[row]);
            call.SetConditioning(row, new Conditioning(new PromptEmbedding(text[(row * textLength)..((row + 1) * textLength)], 77, 96)));
        }

        using var options = new RunOptions();
        unet.Run(call, options);
        for (var row = 0; row < 3; row++)
            Close.Assert(Golden.Floats("unet1/out/out_sample").AsSpan(row * shape.Length, shape.Length), call.Prediction(row), Tolerance, $"row {row}");
    }
}
