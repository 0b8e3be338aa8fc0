using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.ModelTests.Graphs;

/// <summary>A folder with a missing or damaged file is refused with the file's name.</summary>
public sealed class CheckpointFaultTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-checkpoint-");

    public CheckpointFaultTests()
    {
        foreach (var file in Directory.EnumerateFiles(Repository.DemoCheckpoint, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_folder.FullName, Path.GetRelativePath(Repository.DemoCheckpoint, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("model_index.json")]
    [InlineData("scheduler/scheduler_config.json")]
    [InlineData("tokenizer/vocab.json")]
    [InlineData("tokenizer/merges.txt")]
    [InlineData("text_encoder/model.onnx")]
    [InlineData("unet/model.onnx")]
    [InlineData("vae_decoder/model.onnx")]
    public void Missing_file_is_named(string file)
    {
        File.Delete(PathTo(file));
        Assert.Contains(PathTo(file), Refusal().Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model_index.json")]
    [InlineData("scheduler/scheduler_config.json")]
    [InlineData("tokenizer/vocab.json")]
    [InlineData("text_encoder/model.onnx")]
    [InlineData("unet/model.onnx")]
    [InlineData("vae_decoder/model.onnx")]
    public void Truncated_file_is_named(string file)
    {
        var bytes = File.ReadAllBytes(PathTo(file));
        File.WriteAllBytes(PathTo(file), bytes[..(bytes.Length / 2)]);
        Assert.Contains(PathTo(file), Refusal().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_in_another_form_are_answered_with_what_makes_a_graph_of_them()
    {
        File.Move(PathTo("unet/model.onnx"), PathTo("unet/diffusion_pytorch_model.safetensors"));
        Assert.Contains("unet/model.onnx: the file is missing; there are PyTorch weights, which optimum-cli export onnx turns into a graph.", Refusal().Message, StringComparison.Ordinal);
        Directory.Move(PathTo("unet"), PathTo("transformer"));
        Assert.Contains("the folder holds a transformer (Stable Diffusion 3, Flux), which this engine does not run.", Refusal().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_folder_is_named()
    {
        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(PathTo("nowhere")));
        Assert.Contains(PathTo("nowhere"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Digest_follows_the_weights_and_not_the_manifest()
    {
        var before = await Digest();
        Assert.Matches("^sha256:[0-9a-f]{64}$", before);
        await File.WriteAllTextAsync(PathTo("renderfarm.json"), "{\"name\":\"other\"}", TestContext.Current.CancellationToken);
        Assert.Equal(before, await Digest());
        await File.AppendAllTextAsync(PathTo("unet/config.json"), " ", TestContext.Current.CancellationToken);
        Assert.NotEqual(before, await Digest());
    }

    [Fact]
    public void Defaults_are_derived_where_there_is_no_manifest()
    {
        File.Delete(PathTo("renderfarm.json"));
        var checkpoint = Checkpoint.Open(_folder.FullName);
        Assert.Equal(64, checkpoint.Defaults.Width);
        Assert.Equal("dpmpp_2m", checkpoint.Defaults.Sampler);
        Assert.Equal(25, checkpoint.Defaults.Steps);
        Assert.Equal(7.5, checkpoint.Defaults.GuidanceScale);
        Assert.Equal(_folder.Name, checkpoint.Name);
    }

    private Task<string> Digest() => CheckpointDigest.ComputeAsync(Checkpoint.Open(_folder.FullName), TestContext.Current.CancellationToken);

    private CheckpointException Refusal() => Assert.Throws<CheckpointException>(() =>
    {
        using var pipeline = StableDiffusionPipeline.Load(Checkpoint.Open(_folder.FullName));
    });

    private string PathTo(string file) => Path.Combine([_folder.FullName, .. file.Split('/')]);
}
