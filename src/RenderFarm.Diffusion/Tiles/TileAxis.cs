namespace RenderFarm.Diffusion.Tiles;

/// <summary>
/// One axis cut into overlapping tiles of one length. Each place belongs to the tile in whose middle it lies best, and around the middle of every overlap
/// two tiles are mixed; their shares add up to 1 everywhere.
/// </summary>
/// <remarks>
/// What a network gives near a tile's border is wrong, as far as it looks beyond it; so the outer (overlap − feather) ÷ 2 of a tile is never used, but at
/// the borders of the whole. Tiles are spread evenly, which makes every overlap at least as large as asked for.
/// </remarks>
internal sealed class TileAxis
{
    private readonly int[] _starts;
    private readonly double[] _seams;
    private readonly int _feather;

    /// <param name="length">Length of the axis, at least 1.</param>
    /// <param name="tile">Length of a tile, greater than <paramref name="overlap"/>.</param>
    /// <param name="overlap">What two neighbours have in common at least, 0 or more.</param>
    /// <param name="feather">Over how much of it they are mixed, 0 (a cut) to <paramref name="overlap"/> and at most half a tile's advance.</param>
    public TileAxis(int length, int tile, int overlap, int feather)
    {
        Length = length;
        Side = Math.Min(length, tile);
        var count = length <= tile ? 1 : 1 + ((length - tile + (tile - overlap) - 1) / (tile - overlap));
        _starts = [.. Enumerable.Range(0, count).Select(k => count == 1 ? 0 : (int)((long)k * (length - Side) / (count - 1)))];
        _seams = SeamsOf(_starts, Side);
        _feather = feather;
    }

    private TileAxis(int length, int side, int[] starts, int feather)
    {
        Length = length;
        Side = side;
        _starts = starts;
        _seams = SeamsOf(starts, side);
        _feather = feather;
    }

    /// <summary>Length of the axis.</summary>
    public int Length { get; }

    /// <summary>Length of every tile.</summary>
    public int Side { get; }

    /// <summary>Where each tile begins.</summary>
    public IReadOnlyList<int> Starts => _starts;

    /// <summary>The same tiles on an axis whose units are so many times finer.</summary>
    public TileAxis Finer(int factor) => new(Length * factor, Side * factor, Array.ConvertAll(_starts, start => start * factor), _feather * factor);

    /// <summary>How much of each place of a tile is taken, 0…1.</summary>
    /// <param name="tile">Which tile.</param>
    public float[] Shares(int tile)
    {
        var shares = new float[Side];
        for (var i = 0; i < Side; i++)
        {
            var middle = _starts[tile] + i + 0.5;
            var fromLeft = tile == 0 ? 1 : Ramp(middle - _seams[tile - 1]);
            var toRight = tile == _starts.Length - 1 ? 0 : Ramp(middle - _seams[tile]);
            shares[i] = fromLeft < 1 ? fromLeft : 1 - toRight;
        }

        return shares;
    }

    /// <summary>0 before a seam, 1 behind it, and a slope between.</summary>
    private float Ramp(double beyond) => _feather == 0 ? (beyond > 0 ? 1 : 0) : (float)Math.Clamp((beyond / _feather) + 0.5, 0, 1);

    // Whole numbers, so that with no feather no place lies on a seam.
    private static double[] SeamsOf(int[] starts, int side) => [.. starts.Skip(1).Select((next, k) => (double)((starts[k] + side + next) / 2))];
}
