using CsCheck;
using RenderFarm.Diffusion.Tiles;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Tiles;

/// <summary>Tiles against the whole, with a stand-in network: sums over a square, zeros beyond the border, each place then doubled in size.</summary>
public sealed class TiledGraphTests
{
    [Fact]
    public void Network_that_looks_no_further_than_a_tile_s_unused_part_gives_the_same_in_tiles() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 60], Gen.Int[0, 3], Gen.Int[0, 4], Gen.Int[0, 999]).Sample((height, width, reach, feather, seed) =>
        {
            var overlap = (2 * reach) + feather;
            var (down, across) = (new TileAxis(height, overlap + 10, overlap, feather), new TileAxis(width, overlap + 10, overlap, feather));
            var random = new Random(seed);
            float[] input = [.. Enumerable.Range(0, 2 * height * width).Select(_ => (float)random.Next(100))];
            var tiled = new TiledGraph(down, across, down.Finer(2), across.Finer(2)).Run(input, 2, 2, (tile, h, w) => Blur(tile, h, w, reach));
            var whole = Blur(input, height, width, reach);
            return tiled.Zip(whole).All(pair => feather == 0 ? pair.First == pair.Second : Math.Abs(pair.First - pair.Second) < 1e-3);
        }, iter: 300);

    [Fact]
    public void Cancellation_is_looked_at_before_every_tile()
    {
        using var leave = new CancellationTokenSource();
        var axis = new TileAxis(40, 20, 0, 0);
        var evaluations = 0;
        var graph = new TiledGraph(axis, axis, axis, axis);
        Assert.Throws<OperationCanceledException>(() => graph.Run(
            new float[1600], 1, 1,
            (tile, _, _) =>
            {
                if (++evaluations == 2) leave.Cancel();
                return tile;
            },
            leave.Token));
        Assert.Equal(2, evaluations);
    }

    private static float[] Blur(float[] planes, int height, int width, int reach)
    {
        var result = new float[planes.Length * 4];
        for (var i = 0; i < result.Length; i++)
        {
            var (plane, y, x) = (i / (4 * height * width), i / (2 * width) % (2 * height) / 2, i % (2 * width) / 2);
            for (var dy = Math.Max(0, y - reach); dy <= Math.Min(height - 1, y + reach); dy++)
            {
                for (var dx = Math.Max(0, x - reach); dx <= Math.Min(width - 1, x + reach); dx++) result[i] += planes[(((plane * height) + dy) * width) + dx];
            }
        }

        return result;
    }
}
