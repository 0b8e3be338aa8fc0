namespace RenderFarm.Diffusion.Engine;

/// <summary>
/// The row counts that UNet calls may have. Where a device's kernels give a row other bits in a call of another size, only counts that agree are used, and
/// a call is filled up with rows that nobody reads.
/// </summary>
internal sealed class RowCounts
{
    private readonly int[] _counts;

    private RowCounts(int[] counts) => _counts = counts;

    /// <summary>Every count: nothing is filled up.</summary>
    public static RowCounts Any { get; } = new([]);

    /// <summary>Whether every count may be used.</summary>
    public bool IsAny => _counts.Length == 0;

    /// <summary>These counts alone.</summary>
    /// <param name="counts">At least one, each at least 1; the largest at least 2, so that an image under guidance has a call.</param>
    public static RowCounts Of(params int[] counts) => counts.Length > 0 && counts.Min() >= 1 && counts.Max() >= 2
        ? new RowCounts([.. counts.Distinct().Order()])
        : throw new ArgumentException($"Row counts are '{string.Join(", ", counts)}'; each is at least 1 and the largest at least 2.", nameof(counts));

    /// <summary>The rows of the call that holds so many: the smallest count with room for them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No count has room; <see cref="Floor"/> says in advance how many have.</exception>
    public int Pad(int rows)
    {
        if (IsAny) return rows;
        foreach (var count in _counts)
        {
            if (count >= rows) return count;
        }

        throw new ArgumentOutOfRangeException(nameof(rows), rows, $"The largest row count is {_counts[^1]}.");
    }

    /// <summary>The largest count within a limit; where none is, the smallest with room for the first image, because one image always fits.</summary>
    /// <param name="limit">Most rows.</param>
    /// <param name="first">Rows of the first image, 1 or 2.</param>
    public long Floor(long limit, int first)
    {
        if (IsAny) return limit;
        var floor = Pad(first);
        foreach (var count in _counts)
        {
            if (count > floor && count <= limit) floor = count;
        }

        return floor;
    }

    /// <inheritdoc />
    public override string ToString() => IsAny ? "any" : string.Join(", ", _counts);
}
