namespace RenderFarm.Coordinator.Reports;

/// <summary>Work that nobody waits for, and that nobody would miss for a while if it ended: nothing but the stop of the process ends it.</summary>
internal static class Unending
{
    /// <summary>Does a round again and again; after one that failed, however it did, with a pause.</summary>
    /// <param name="round">The work; may go on for as long as it likes.</param>
    /// <param name="interrupted">Told of every failure.</param>
    /// <param name="pause">Time before the next round.</param>
    /// <param name="clock">Measures the pause.</param>
    /// <param name="stopping">Ends it, without an error.</param>
    public static async Task RepeatAsync(Func<Task> round, Action<Exception> interrupted, TimeSpan pause, TimeProvider clock, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await round();
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                // The stop cuts a round short, and it may say so in any way.
            }
            catch (Exception error)
            {
                interrupted(error);
                await Task.Delay(pause, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
