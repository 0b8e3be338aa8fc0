using CsCheck;
using RenderFarm.Diffusion.Tiles;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Tiles;

public sealed class TileAxisTests
{
    private static readonly Gen<(int Length, int Tile, int Overlap, int Feather)> Axes =
        from overlap in Gen.Int[0, 12]
        from advance in Gen.Int[1, 30]
        from length in Gen.Int[1, 200]
        from feather in Gen.Int[0, Math.Min(overlap, advance / 2)]
        select (length, overlap + advance, overlap, feather);

    [Fact]
    public void Short_axis_is_one_tile_taken_whole()
    {
        var axis = new TileAxis(100, 128, 32, 16);
        Assert.Equal((1, 0, 100), (axis.Starts.Count, axis.Starts[0], axis.Side));
        Assert.All(axis.Shares(0), share => Assert.Equal(1, share));
    }

    [Fact]
    public void Tiles_are_spread_evenly_from_end_to_end()
    {
        Assert.Equal([0, 64, 128], new TileAxis(256, 128, 32, 16).Starts);
        Assert.Equal([0, 96], new TileAxis(224, 128, 32, 16).Starts);
        Assert.Equal([0, 48, 97], new TileAxis(225, 128, 32, 16).Starts);
    }

    [Fact]
    public void Shares_add_up_to_1_everywhere() => Axes.Sample(cut =>
    {
        var axis = new TileAxis(cut.Length, cut.Tile, cut.Overlap, cut.Feather);
        var sums = new float[cut.Length];
        for (var tile = 0; tile < axis.Starts.Count; tile++)
        {
            var shares = axis.Shares(tile);
            for (var i = 0; i < axis.Side; i++) sums[axis.Starts[tile] + i] += shares[i];
        }

        return sums.All(sum => Math.Abs(sum - 1) < 1e-6);
    });

    [Fact]
    public void Outer_part_of_a_tile_is_used_only_at_the_borders_of_the_whole() => Axes.Sample(cut =>
    {
        var axis = new TileAxis(cut.Length, cut.Tile, cut.Overlap, cut.Feather);
        var unused = (cut.Overlap - cut.Feather) / 2;
        for (var tile = 0; tile < axis.Starts.Count; tile++)
        {
            var shares = axis.Shares(tile);
            if (tile > 0 && shares.Take(unused).Any(share => share != 0)) return false;
            if (tile < axis.Starts.Count - 1 && shares.TakeLast(unused).Any(share => share != 0)) return false;
        }

        return true;
    });

    [Fact]
    public void Finer_axis_has_the_same_tiles_in_smaller_units()
    {
        var finer = new TileAxis(225, 128, 32, 16).Finer(8);
        Assert.Equal((1800, 1024), (finer.Length, finer.Side));
        Assert.Equal([0, 384, 776], finer.Starts);
        // The middle of what the first two tiles have in common, (384 + 1024) ÷ 2, as a place of the second.
        Assert.Equal(0.5f, finer.Shares(1)[704 - 384], 0.01f);
    }
}
