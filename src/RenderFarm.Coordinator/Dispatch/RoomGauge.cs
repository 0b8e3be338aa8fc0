namespace RenderFarm.Coordinator.Dispatch;

/// <summary>
/// Says when the room that reports make is worth a round of dispatch: not while nothing waits, nor while a device still has most of what the last round
/// left it with. Pure. A round costs a dozen statements, and a farm of slow images would make one for nearly every image.
/// </summary>
/// <remarks>
/// Safe for use by several threads. Errs towards rounds: what ends while a round is under way may be counted twice, and what it does not know is worth one.
/// Too few are made up for by <see cref="CoordinatorOptions.DispatchInterval"/>.
/// </remarks>
internal sealed class RoomGauge
{
    // A device has seconds of work waiting. A quarter of it leaves time for the round, and for another should that fail.
    private const int Share = 4;

    private readonly Lock _gate = new();
    private Dictionary<(string Worker, string Device), Level> _devices = [];
    private bool _mayWait = true;
    private bool _isAnyoneLeftOut;

    /// <summary>A round begins: it may find anything, and whatever ends from now on it may not have seen.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _mayWait = true;
            foreach (var level in _devices.Values) level.Ended = 0;
        }
    }

    /// <summary>A round is over.</summary>
    /// <param name="somethingWaits">Whether tasks wait that it did not hand out.</param>
    /// <param name="isAnyoneLeftOut">Whether tasks wait of a tenant of whom no device holds any: the first room is theirs, whatever devices have left of others.</param>
    /// <param name="devices">The devices as it left them.</param>
    public void End(bool somethingWaits, bool isAnyoneLeftOut, IEnumerable<DeviceLoad> devices)
    {
        lock (_gate)
        {
            (_mayWait, _isAnyoneLeftOut) = (somethingWaits, isAnyoneLeftOut);
            _devices = devices.ToDictionary(
                device => (device.Worker, device.Device),
                device => new Level(device.Held, device.Slots) { Ended = _devices.GetValueOrDefault((device.Worker, device.Device))?.Ended ?? 0 });
        }
    }

    /// <summary>Attempts have ended on these devices, one for each time that a device is named.</summary>
    /// <returns>Whether a round would be of use.</returns>
    public bool Ended(IEnumerable<(string Worker, string Device)> attempts)
    {
        lock (_gate)
        {
            var isDue = _isAnyoneLeftOut;
            foreach (var device in attempts)
            {
                if (_devices.GetValueOrDefault(device) is { } level) isDue |= level.End();
                else isDue = true;
            }

            return isDue && _mayWait;
        }
    }

    private sealed class Level(int held, int slots)
    {
        public int Ended { get; set; }

        public bool End() => ++Ended * Share >= held || held - Ended <= slots;
    }
}
