namespace RenderFarm.Coordinator.Persistence;

/// <summary>The clock at the record's resolution.</summary>
internal static class FarmClock
{
    /// <summary>The present time in whole milliseconds, so that a row reads the same before and after it was stored.</summary>
    public static DateTimeOffset Now(this TimeProvider clock) =>
        DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
}
