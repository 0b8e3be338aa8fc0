using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Testing;
using RenderFarm.Testing.Onnx.Networks;
using RenderFarm.Worker.Checkpoints;
using Xunit;

namespace RenderFarm.Tests.Worker.Checkpoints;

public sealed class CheckpointDescriptionsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-kind-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Upscaling_checkpoint_is_announced_with_how_much_larger_it_makes_pictures_and_others_without()
    {
        Assert.Equal(8, Described(DemoWithUNet.Write(Path.Combine(_folder.FullName, "x8"), 7, labelled: true)));
        Assert.Null(Described(DemoWithUNet.Write(Path.Combine(_folder.FullName, "inpainting"), 9, labelled: false)));
        Assert.Null(Described(Repository.DemoCheckpoint));

        static int? Described(string folder) => CheckpointDescriptions.Of(Checkpoint.Open(folder), "sha256:1").EnlargesBy;
    }

    [Fact]
    public async Task Noise_under_which_it_sees_a_picture_is_part_of_the_digest_in_a_folder_and_in_the_store()
    {
        var folder = DemoWithUNet.Write(_folder.FullName, 7, labelled: true);
        var before = await CheckpointDigest.ComputeAsync(Checkpoint.Open(folder), TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(folder, "low_res_scheduler"));
        await File.WriteAllTextAsync(Path.Combine(folder, "low_res_scheduler", "scheduler_config.json"), "{}", TestContext.Current.CancellationToken);

        var after = await CheckpointDigest.ComputeAsync(Checkpoint.Open(folder), TestContext.Current.CancellationToken);
        Assert.NotEqual(before, after);
        var manifest = await RenderFarm.Cli.Checkpoints.CheckpointFolder.ReadAsync(folder, null, TestContext.Current.CancellationToken);
        Assert.Equal(after, manifest.Digest());
        Assert.Equal(8, manifest.Description.EnlargesBy);
    }
}
