using RenderFarm.Cli.Checkpoints;
using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.Tests.Contracts.Checkpoints;

public sealed class CheckpointRulesTests
{
    [Theory]
    [InlineData("model_index.json")]
    [InlineData("unet/model.onnx_data")]
    [InlineData("unet/onnx__MatMul_1234")]
    [InlineData("a/b/c.d-e f")]
    public void Path_within_the_folder_is_taken(string path) => Assert.True(CheckpointRules.IsPath(path));

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../x")]
    [InlineData("unet/../../x")]
    [InlineData("unet/..")]
    [InlineData("./x")]
    [InlineData("unet//x")]
    [InlineData("unet/")]
    [InlineData("C:x")]
    [InlineData("unet\\x")]
    [InlineData(".ssh/authorized_keys")]
    [InlineData("unet/.hidden")]
    [InlineData("x\0y")]
    [InlineData("x\n")]
    [InlineData("nul")]
    [InlineData("unet/COM1.txt")]
    [InlineData("x.")]
    [InlineData("a/b/c/d/e/f/g/h/i")]
    public void Path_that_could_leave_the_folder_or_mean_something_else_is_refused(string path) => Assert.False(CheckpointRules.IsPath(path));

    [Theory]
    [InlineData("sd15", true)]
    [InlineData("sdxl-1.0_fp16", true)]
    [InlineData("", false)]
    [InlineData("SD15", false)]
    [InlineData("-a", false)]
    [InlineData("a/b", false)]
    [InlineData("..", false)]
    public void Name_is_a_word_that_fits_into_a_path(string name, bool fits) => Assert.Equal(fits, CheckpointRules.IsName(name));

    [Fact]
    public async Task Digest_of_a_manifest_is_the_one_that_the_engine_computes_from_the_folder()
    {
        var manifest = await CheckpointFolder.ReadAsync(Repository.DemoCheckpoint, null, TestContext.Current.CancellationToken);
        Assert.Equal(await CheckpointDigest.ComputeAsync(Checkpoint.Open(Repository.DemoCheckpoint), TestContext.Current.CancellationToken), manifest.Digest());
        Assert.Null(CheckpointRules.Fault(manifest));
        Assert.Contains("model_index.json", manifest.Files.Select(file => file.Path));
    }

    [Fact]
    public void Manifest_that_does_not_fit_together_is_refused_with_the_file_at_fault()
    {
        var good = AStoredCheckpoint.Of(("unet/model.onnx", "weights"), ("model_index.json", "{}")).Manifest;
        Assert.Null(CheckpointRules.Fault(good));
        Assert.Contains("allowed are 1", CheckpointRules.Fault(good with { Files = [] }), StringComparison.Ordinal);
        Assert.Contains("'../x'", Changed(file => file with { Path = "../x" }), StringComparison.Ordinal);
        Assert.Contains("unet/model.onnx", Changed(file => file with { Sha256 = "x" }), StringComparison.Ordinal);
        Assert.Contains("make 2", Changed(file => file with { SizeBytes = CheckpointManifest.BlobBytes + 1 }), StringComparison.Ordinal);
        Assert.Contains("-1", Changed(file => file with { SizeBytes = -1 }), StringComparison.Ordinal);
        Assert.Contains("description.digest", Changed(file => file with { Sha256 = new string('0', 64) }), StringComparison.Ordinal);
        Assert.Contains("twice", CheckpointRules.Fault(good with { Files = [.. good.Files, good.Files[0] with { Path = good.Files[0].Path.ToUpperInvariant() }] }), StringComparison.Ordinal);
        Assert.Contains("a file and a folder", CheckpointRules.Fault(good with { Files = [.. good.Files, good.Files[0] with { Path = "unet" }] }), StringComparison.Ordinal);

        string? Changed(Func<CheckpointFile, CheckpointFile> change) => CheckpointRules.Fault(good with { Files = [change(good.Files[0]), good.Files[1]] });
    }
}
