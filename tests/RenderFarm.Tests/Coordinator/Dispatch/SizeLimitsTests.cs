using RenderFarm.Coordinator.Dispatch;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Dispatch;

public sealed class SizeLimitsTests
{
    private static readonly SizeLimits Two = SizeLimits.Of([1_000, null, 200, 1_000]);

    [Theory]
    [InlineData(0, 0, 200)]
    [InlineData(200, 0, 200)]
    [InlineData(201, 1, 1_000)]
    [InlineData(1_000, 1, 1_000)]
    [InlineData(1_001, 2, long.MaxValue)]
    public void Sizes_between_the_same_two_limits_are_one_range(long pixels, int range, long end) =>
        Assert.Equal((range, end), (Two.RangeOf(pixels), Two.EndOfRange(pixels)));

    [Fact]
    public void Without_limits_there_is_one_range_and_nothing_to_ask_the_record_for() =>
        Assert.Equal((1, 0, long.MaxValue, ""), (SizeLimits.None.Ranges, SizeLimits.None.RangeOf(5), SizeLimits.None.EndOfRange(5), SizeLimits.None.SqlOf("pixels")));

    [Fact]
    public void Record_is_asked_for_the_range() =>
        Assert.Equal(", CASE WHEN pixels > 200 THEN 1 ELSE 0 END + CASE WHEN pixels > 1000 THEN 1 ELSE 0 END", Two.SqlOf("pixels"));

    [Fact]
    public void Fleet_of_many_limits_asks_for_a_few_of_them_with_the_largest()
    {
        var few = SizeLimits.Of(Enumerable.Range(1, 100).Select(limit => (long?)limit)).ForQueries();
        Assert.Equal([12L, 25, 37, 50, 62, 75, 87, 100], few.Pixels);
        Assert.Same(Two, Two.ForQueries());
    }

    [Fact]
    public void Same_limits_are_equal_in_whatever_order_they_come()
    {
        Assert.True(Two.IsSameAs(SizeLimits.Of([200, 1_000])));
        Assert.False(Two.IsSameAs(SizeLimits.Of([200])));
    }
}
