using System.Globalization;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>
/// The sizes of image at which devices differ; pure. Jobs whose sizes lie between the same two of them can be taken by the same devices, so that these few ranges,
/// and not the thousands of sizes that jobs have, tell needs apart.
/// </summary>
internal sealed class SizeLimits
{
    // A query takes as many shares as there are ranges; a fleet in which every worker has a limit of its own must not make it a thousand times as long.
    private const int MostInQueries = 8;

    private readonly long[] _limits;

    private SizeLimits(IEnumerable<long> limits) => _limits = [.. limits.Distinct().Order()];

    /// <summary>Every device takes every size.</summary>
    public static SizeLimits None { get; } = new([]);

    /// <summary>Those of a fleet.</summary>
    public static SizeLimits Of(IEnumerable<DeviceLoad> devices) => Of(devices.Select(device => device.PixelsPerImage));

    /// <summary>Those of devices.</summary>
    /// <param name="limits">Most pixels of an image of each; null for any number.</param>
    public static SizeLimits Of(IEnumerable<long?> limits) => new(limits.OfType<long>());

    /// <summary>In pixels, the least first.</summary>
    public IReadOnlyList<long> Pixels => _limits;

    /// <summary>How many ranges there are: up to each limit, and beyond the last.</summary>
    public int Ranges => _limits.Length + 1;

    /// <summary>Which range a size lies in, from 0; a size that is not known (0) lies in the first.</summary>
    public int RangeOf(long pixels) => _limits.Count(limit => limit < pixels);

    /// <summary>The largest size of the range of a size, which the same devices take: a limit, or <see cref="long.MaxValue"/> beyond the last.</summary>
    public long EndOfRange(long pixels) => RangeOf(pixels) is var range && range < _limits.Length ? _limits[range] : long.MaxValue;

    /// <summary>No more of them than a query may have: where there are more, some ranges become one, and jobs of one tenant and need in it may hide each other.</summary>
    public SizeLimits ForQueries() => _limits.Length <= MostInQueries
        ? this
        : new SizeLimits(Enumerable.Range(1, MostInQueries).Select(part => _limits[(part * _limits.Length / MostInQueries) - 1]));

    /// <summary>One more expression for a list in SQL, with a comma before it: the range that a column lies in. Empty where there is one range.</summary>
    public string SqlOf(string column) => _limits.Length == 0
        ? ""
        : ", " + string.Join(" + ", _limits.Select(limit => string.Create(CultureInfo.InvariantCulture, $"CASE WHEN {column} > {limit} THEN 1 ELSE 0 END")));

    /// <summary>Whether they are the same.</summary>
    public bool IsSameAs(SizeLimits other) => _limits.AsSpan().SequenceEqual(other._limits);
}
