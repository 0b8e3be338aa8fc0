
namespace RenderFarm.Testing.Faults;

/// <summary>What a matrix of kills did.</summary>
/// <param name="Runs">Workers that died at the point they were given.</param>
/// <param name="Verdict">What the ledger says afterwards.</param>
public sealed record KillMatrixOutcome(int Runs, Verdict Verdict);

/// <summary>
/// Workers that each die at a named point, one seat for each point: when its worker is dead, the seat starts the next with its next seed. Each run brings
/// its own jobs. When all are dead, workers that live finish what is left, and the ledger is held against the record.
/// </summary>
public static class KillMatrix
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Runs it.</summary>
    /// <param name="farm">A farm without workers.</param>
    /// <param name="ledger">Its ledger.</param>
    /// <param name="seeds">Runs of each point.</param>
    /// <param name="jobs">Jobs that each run brings.</param>
    /// <param name="say">Told of every run.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<KillMatrixOutcome> RunAsync(
        FarmUnderTest farm, FarmLedger ledger, int seeds, int jobs, Action<string> say, CancellationToken cancellation)
    {
        // Submits are answered only when the farm knows of a checkpoint.
        await using var first = farm.StartWorker("first");
        await ledger.SubmitAsync(1, cancellation);
        await ledger.AllEndedAsync(Limit, cancellation);
        await first.KillAsync();
        var runs = await Task.WhenAll(KillPoints.OfWorker.Select((point, seat) => SeatAsync(farm, ledger, point, seat, (seeds, jobs), say, cancellation)));
        await using var one = farm.StartWorker("survivor-1");
        await using var two = farm.StartWorker("survivor-2");
        say($"all are dead; two that live finish {await FarmAudit.OpenTasksAsync(farm, cancellation)} images");
        await ledger.AllEndedAsync(Limit, cancellation);
        return new KillMatrixOutcome(runs.Sum(), await FarmAudit.RunAsync(farm, ledger, cancellation));
    }

    private static async Task<int> SeatAsync(
        FarmUnderTest farm, FarmLedger ledger, KillPoint point, int seat, (int Seeds, int Jobs) size, Action<string> say, CancellationToken cancellation)
    {
        var runs = 0;
        for (var seed = 0; seed < size.Seeds; seed++)
        {
            var dice = new Random((seat * 1_000) + seed);
            // Half of the dead come back under their own name, which is how the farm learns of the death; the others are missed by their silence.
            var name = dice.Next(2) == 0 ? $"seat-{seat}" : $"seat-{seat}-{seed}";
            await using var worker = farm.StartWorker(name, (point, dice.Next(2, 7)));
            for (var job = 0; job < size.Jobs; job++) await ledger.SubmitAsync(dice.Next(1, 3), cancellation);
            while (await Task.WhenAny(worker.Ended, Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancellation)) != worker.Ended)
            {
                cancellation.ThrowIfCancellationRequested();
                // The others have rendered all there was: it needs more to live through before it can die.
                if (await FarmAudit.OpenTasksAsync(farm, cancellation) == 0) await ledger.SubmitAsync(4, cancellation);
            }

            if (worker.DiedAtItsPoint) runs++;
            say($"{point} seed {seed}: {(worker.DiedAtItsPoint ? "killed" : "ended elsewhere")}");
        }

        return runs;
    }
}
