namespace RenderFarm.Testing.Faults;

/// <summary>Waits for what other processes do, of which no event tells.</summary>
public static class Wait
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <exception cref="TimeoutException">It did not happen; the message says what was waited for.</exception>
    public static async Task UntilAsync(Func<Task<bool>> happened, TimeSpan limit, string what, CancellationToken cancellation)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await happened())
        {
            if (TimeProvider.System.GetElapsedTime(began) > limit) throw new TimeoutException($"Waited {limit.TotalSeconds:0} s in vain for {what}.");
            await Task.Delay(Look, TimeProvider.System, cancellation);
        }
    }

    /// <summary>A pause that is part of the fault, such as the length of an outage.</summary>
    public static Task ForAsync(TimeSpan time, CancellationToken cancellation) => Task.Delay(time, TimeProvider.System, cancellation);
}
