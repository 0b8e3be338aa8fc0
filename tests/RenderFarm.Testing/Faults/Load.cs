namespace RenderFarm.Testing.Faults;

/// <summary>Work for a farm while it is being disturbed.</summary>
public static class Load
{
    /// <summary>Keeps at least so many images waiting, until it is told that it is enough.</summary>
    /// <param name="farm">The farm.</param>
    /// <param name="ledger">Where each request is written down first.</param>
    /// <param name="images">Images of one job.</param>
    /// <param name="waiting">Open images below which another job follows.</param>
    /// <param name="enough">Ends it.</param>
    /// <param name="coordinator">Who is asked next; null for the first.</param>
    public static async Task FeedAsync(FarmUnderTest farm, FarmLedger ledger, int images, int waiting, CancellationToken enough, Func<int>? coordinator = null)
    {
        try
        {
            while (!enough.IsCancellationRequested)
            {
                // While the database is away nobody can count; one job more does no harm.
                var open = await FarmAudit.OpenTasksAsync(farm, enough);
                if (open is < long.MaxValue && open >= waiting) await Wait.ForAsync(TimeSpan.FromMilliseconds(100), enough);
                else await ledger.SubmitAsync(images, CancellationToken.None, coordinator: coordinator?.Invoke() ?? 0);
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // Told so while it was looking.
        }
    }

    /// <summary>Images a second of a farm that is given one batch and renders it to the end.</summary>
    public static async Task<double> ThroughputAsync(FarmLedger ledger, int images, CancellationToken cancellation)
    {
        var began = TimeProvider.System.GetTimestamp();
        await ledger.SubmitAsync(images, cancellation);
        await ledger.AllEndedAsync(TimeSpan.FromMinutes(3), cancellation);
        return images / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }
}
