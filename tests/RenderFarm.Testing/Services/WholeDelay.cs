namespace RenderFarm.Testing.Services;

/// <summary>A delay that is never shorter than it says.</summary>
public static class WholeDelay
{
    /// <summary>Waits until a time has passed by the clock's own measure.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="time">How long; zero or less for no wait.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <remarks>Timers of .NET count in ticks of the system, and may fire up to a millisecond early.</remarks>
    public static async Task WaitAsync(TimeProvider clock, TimeSpan time, CancellationToken cancellation)
    {
        var begun = clock.GetTimestamp();
        for (var left = time; left > TimeSpan.Zero; left = time - clock.GetElapsedTime(begun))
        {
            // In whole milliseconds: a part of one would be no wait at all.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), clock, cancellation);
        }
    }
}
