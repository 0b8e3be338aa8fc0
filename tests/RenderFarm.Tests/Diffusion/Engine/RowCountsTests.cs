using RenderFarm.Diffusion.Engine;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Engine;

public sealed class RowCountsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Nothing_is_filled_up_where_every_count_may_be_used(int rows)
    {
        Assert.Equal(rows, RowCounts.Any.Pad(rows));
        Assert.Equal(rows, RowCounts.Any.Floor(rows, first: 1));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 8)]
    [InlineData(8, 8)]
    public void Call_is_filled_up_to_the_smallest_count_with_room(int rows, int padded) => Assert.Equal(padded, RowCounts.Of(8, 2).Pad(rows));

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(0, 2, 2)]
    [InlineData(1, 1, 1)]
    [InlineData(7, 1, 2)]
    [InlineData(8, 2, 8)]
    [InlineData(100, 1, 8)]
    public void Filled_up_call_stays_within_the_limit_except_for_one_image(long limit, int first, long floor) =>
        Assert.Equal(floor, RowCounts.Of(1, 2, 8).Floor(limit, first));

    [Fact]
    public void More_rows_than_the_largest_count_are_refused() =>
        Assert.Contains("largest row count is 8", Assert.Throws<ArgumentOutOfRangeException>(() => RowCounts.Of(2, 8).Pad(9)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData]
    [InlineData(1)]
    [InlineData(0, 2)]
    public void Counts_without_room_for_an_image_under_guidance_are_refused(params int[] counts) =>
        Assert.Contains("the largest at least 2", Assert.Throws<ArgumentException>(() => RowCounts.Of(counts)).Message, StringComparison.Ordinal);
}
