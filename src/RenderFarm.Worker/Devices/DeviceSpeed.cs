using RenderFarm.Contracts.Workers;

namespace RenderFarm.Worker.Devices;

/// <summary>
/// What a device has shown: its speed by the number of images that shared it, as moving averages over the images it finished. It is history and no trial run: a
/// warm-up of a large checkpoint on a slow device takes minutes, and tells of one size alone.
/// </summary>
/// <remarks>Safe for use by several threads.</remarks>
internal sealed class DeviceSpeed
{
    private const double Weight = 0.2;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, double> _byImages = [];
    private int _running;

    /// <summary>An image begins; the number that share the device from now on.</summary>
    public int Begin()
    {
        lock (_gate) return ++_running;
    }

    /// <summary>An image ended.</summary>
    /// <param name="sharingAtBegin">What <see cref="Begin"/> returned.</param>
    /// <param name="pixelSteps">Width × height × steps; null when it has no pixels.</param>
    /// <param name="elapsed">From slot to pixels.</param>
    public void End(int sharingAtBegin, double? pixelSteps, TimeSpan elapsed)
    {
        lock (_gate)
        {
            var sharing = Math.Max(1, (sharingAtBegin + _running + 1) / 2);
            _running--;
            if (pixelSteps is not { } work || elapsed <= TimeSpan.Zero) return;
            var speed = work * sharing / elapsed.TotalSeconds;
            _byImages[sharing] = _byImages.TryGetValue(sharing, out var before) ? before + (Weight * (speed - before)) : speed;
        }
    }

    /// <summary>By number of images, the fewest first; empty before the first image.</summary>
    public IReadOnlyList<SharedSpeed> Measured()
    {
        lock (_gate) return [.. _byImages.Select(entry => new SharedSpeed(entry.Key, Math.Round(entry.Value)))];
    }
}
