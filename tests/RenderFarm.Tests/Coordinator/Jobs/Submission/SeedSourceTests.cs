using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Submission;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Jobs.Submission;

public sealed class SeedSourceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(RenderLimits.MaxImagesPerCell)]
    public void Drawn_seeds_differ_and_leave_room_for_every_image(int images)
    {
        var seeds = Enumerable.Range(0, 1_000).Select(_ => new SeedSource().Draw(images)).ToList();

        Assert.All(seeds, seed => Assert.True(seed + (long)images - 1 <= uint.MaxValue));
        Assert.InRange(seeds.Distinct().Count(), 990, 1_000);
    }
}
