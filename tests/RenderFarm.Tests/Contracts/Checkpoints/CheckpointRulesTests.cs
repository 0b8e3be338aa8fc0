using RenderFarm.Cli.Checkpoints;
using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Testing;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Contracts.Checkpoints;

public sealed class CheckpointRulesTests
{
    // Recipes and images name it: it may not change without the files.
    private const string DemoDigest = "sha256:03f7640fe9f8cdaf36ea5c9771520cd4d291c27aaed8518c8665858631e82176";

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
        Assert.Equal(DemoDigest, manifest.Digest());
        Assert.Contains("model_index.json", manifest.Files.Select(file => file.Path));
    }

    [Theory]
    [InlineData("{ \"_class_name\": \"other\" }", false)]
    [InlineData("{ \"force_zeros_for_empty_prompt\": false }", false)]
    [InlineData("{ \"force_zeros_for_empty_prompt\": true }", true)]
    public async Task Digest_follows_the_one_member_of_the_index_that_moves_pixels(string index, bool moves)
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(Repository.DemoCheckpoint, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder.Path, Path.GetRelativePath(Repository.DemoCheckpoint, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        await File.WriteAllTextAsync(Path.Combine(folder.Path, "model_index.json"), index, TestContext.Current.CancellationToken);
        var digest = await CheckpointDigest.ComputeAsync(Checkpoint.Open(folder.Path), TestContext.Current.CancellationToken);
        Assert.Equal(moves, digest != DemoDigest);
        Assert.Equal(digest, (await CheckpointFolder.ReadAsync(folder.Path, null, TestContext.Current.CancellationToken)).Digest());
    }

    [Fact]
    public void Manifest_whose_digest_leaves_out_the_zeros_for_the_empty_prompt_is_refused()
    {
        var demo = AStoredCheckpoint.Demo().Manifest;
        var zeroing = AStoredCheckpoint.Demo("", zeroes: true, saysSo: true).Manifest;
        Assert.Null(CheckpointRules.Fault(zeroing));
        Assert.NotEqual(demo.Digest(), zeroing.Digest());
        Assert.Contains("description.digest", CheckpointRules.Fault(demo with { Description = demo.Description with { ZeroesEmptyNegative = true } }), StringComparison.Ordinal);
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
