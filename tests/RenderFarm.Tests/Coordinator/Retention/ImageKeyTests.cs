using RenderFarm.Contracts;
using RenderFarm.Coordinator.Retention;
using RenderFarm.Hosting.ObjectStore;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Retention;

public sealed class ImageKeyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly JobId Job = new(Guid.CreateVersion7(Noon));

    [Fact]
    public void Key_tells_the_task_and_when_its_run_began()
    {
        var key = ObjectKey.ForImage(new AttemptId(Job, 1_000_000, 3), new RunId(Guid.CreateVersion7(Noon)), "webp");

        Assert.Equal(new ImageKey(Job, 1_000_000, Noon), ImageKey.Of(key));
        Assert.Equal(new ImageKey(Job, 1_000_000, Noon), ImageKey.Of(new ObjectKey(key.Value.Replace(".webp", ".thumb.webp", StringComparison.Ordinal))));
    }

    [Fact]
    public void Run_without_a_time_in_its_id_has_no_age() =>
        Assert.Null(ImageKey.Of(ObjectKey.ForImage(new AttemptId(Job, 0, 1), new RunId(Guid.NewGuid()), "png"))!.MadeAt);

    [Theory]
    [InlineData("images/readme.txt")]
    [InlineData("images/0/000000-1-00000000000000000000000000000000.png")]
    [InlineData("checkpoints/sha256-aa/unet.onnx")]
    public void Key_of_something_else_is_none(string key) => Assert.Null(ImageKey.Of(new ObjectKey(key)));
}
