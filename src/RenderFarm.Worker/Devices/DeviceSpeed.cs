using RenderFarm.Contracts.Workers;

namespace RenderFarm.Worker.Devices;

/// <summary>What shared a device when an image began on it.</summary>
/// <param name="Images">Images, that one included.</param>
/// <param name="Rows">Their rows of a UNet call.</param>
/// <param name="Own">Those of that image.</param>
internal readonly record struct Sharing(int Images, int Rows, int Own);

/// <summary>
/// What a device has shown: its speed by the number of images, and of rows, that shared it, as moving averages over the images it finished. It is history and no trial
/// run: a warm-up of a large checkpoint on a slow device takes minutes, and tells of one size alone.
/// </summary>
/// <remarks>Safe for use by several threads.</remarks>
internal sealed class DeviceSpeed
{
    private const double Weight = 0.2;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, double> _byImages = [];
    private readonly SortedDictionary<int, double> _byRows = [];
    private int _running;
    private int _rows;

    /// <summary>An image begins; what shares the device from now on.</summary>
    /// <param name="rows">Its rows of a UNet call: two under guidance, else one.</param>
    public Sharing Begin(int rows = 1)
    {
        lock (_gate) return new Sharing(++_running, _rows += rows, rows);
    }

    /// <summary>An image ended.</summary>
    /// <param name="began">What <see cref="Begin"/> returned.</param>
    /// <param name="pixelSteps">Width × height × steps; null when it has no pixels.</param>
    /// <param name="elapsed">From slot to pixels.</param>
    public void End(Sharing began, double? pixelSteps, TimeSpan elapsed)
    {
        lock (_gate)
        {
            var (images, rows) = (Between(began.Images, _running), Between(began.Rows, _rows));
            _running--;
            _rows -= began.Own;
            if (pixelSteps is not { } work || elapsed <= TimeSpan.Zero) return;
            var imagesPerSecond = images / elapsed.TotalSeconds;
            Average(_byImages, images, work * imagesPerSecond);
            Average(_byRows, rows, imagesPerSecond);
        }
    }

    /// <summary>By number of images, the fewest first; empty before the first image.</summary>
    public IReadOnlyList<SharedSpeed> Measured()
    {
        lock (_gate) return [.. _byImages.Select(entry => new SharedSpeed(entry.Key, Math.Round(entry.Value)))];
    }

    /// <summary>By number of rows, the fewest first; empty before the first image.</summary>
    public IReadOnlyList<RowSpeed> ByRows()
    {
        lock (_gate) return [.. _byRows.Select(entry => new RowSpeed(entry.Key, Math.Round(entry.Value, 6)))];
    }

    // What shared it on the way is taken to lie half-way between the beginning and the end.
    private static int Between(int began, int ended) => Math.Max(1, (began + ended + 1) / 2);

    private static void Average(SortedDictionary<int, double> speeds, int key, double speed) =>
        speeds[key] = speeds.TryGetValue(key, out var before) ? before + (Weight * (speed - before)) : speed;
}
