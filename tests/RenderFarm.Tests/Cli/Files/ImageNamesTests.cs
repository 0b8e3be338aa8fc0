using RenderFarm.Cli.Files;
using RenderFarm.Tests.Contracts;
using Xunit;

namespace RenderFarm.Tests.Cli.Files;

public sealed class ImageNamesTests
{
    [Theory]
    [InlineData(0, 1, 42u, "png", "1b3c4d5e-0000-42.png")]
    [InlineData(12, 100, 4294967295u, "jpeg", "1b3c4d5e-0012-4294967295.jpg")]
    [InlineData(7, 1_000_000, 0u, "webp", "1b3c4d5e-000007-0.webp")]
    public void Name_holds_job_index_and_seed(int index, int total, uint seed, string format, string expected) =>
        Assert.Equal(expected, ImageNames.Of(Sample.Job, index, total, seed, format));

    [Fact]
    public void Names_of_one_job_sort_as_the_sweep_runs()
    {
        int[] indices = [0, 9, 10, 9_999, 10_000, 123_455];
        var names = indices.Select(index => ImageNames.Of(Sample.Job, index, 123_456, 1, "png")).ToList();
        Assert.Equal(names, names.Order(StringComparer.Ordinal));
    }
}
