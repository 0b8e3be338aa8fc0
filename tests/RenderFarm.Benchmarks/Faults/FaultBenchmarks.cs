using RenderFarm.Testing.Faults;

namespace RenderFarm.Benchmarks.Faults;

/// <summary>The full fault measurements on a farm of real processes and real servers. Each ends with a verdict that no process of the farm had a part in.</summary>
internal static class FaultBenchmarks
{
    private static readonly FarmSettings Matrix = new() { PoisonDeaths = 10, MaxRescues = 1_000 };

    /// <summary>Eight points, 25 seeds, 20 jobs each.</summary>
    public static async Task KillMatrixAsync(Results results)
    {
        const int Seeds = 25;
        await using var farm = await FarmUnderTest.StartAsync(Matrix, CancellationToken.None);
        var outcome = await KillMatrix.RunAsync(farm, new FarmLedger(farm), Seeds, jobs: 20, Console.WriteLine, CancellationToken.None);
        results.AtLeast("workers killed at their point", "runs", [outcome.Runs], Seeds * KillPoints.OfWorker.Count);
        Publish(results, outcome.Verdict);
    }

    /// <summary>Twenty trials each at production settings.</summary>
    public static async Task RescueAsync(Results results)
    {
        const int Trials = 20;
        foreach (var (how, bound) in new[] { (Silencing.Killed, 15), (Silencing.Frozen, 20), (Silencing.HalfOpen, 20) })
        {
            var seconds = await RescueTrials.RunAsync(FarmSettings.Production, how, Trials, CancellationToken.None);
            results.Note($"silence to rescue, {how}", "s", seconds);
            // Of twenty, the slowest is the nearest rank to the 99th percentile.
            results.AtMost($"silence to rescue, {how}, p99", "s", [seconds.Max()], bound);
        }
    }

    /// <summary>Forty workers and ten leaders.</summary>
    public static async Task ZombiesAsync(Results results)
    {
        await using (var farm = await FarmUnderTest.StartAsync(Matrix, CancellationToken.None))
            Publish(results, "worker", await Zombies.WorkersAsync(farm, new FarmLedger(farm), Matrix.Lease, trials: 40, CancellationToken.None));
        await using var led = await FarmUnderTest.StartAsync(Matrix with { Coordinators = 2 }, CancellationToken.None);
        Publish(results, "leader", await Zombies.LeadersAsync(led, new FarmLedger(led), Matrix.Leadership, trials: 10, CancellationToken.None));
    }

    /// <summary>Broker, database and store.</summary>
    public static async Task OutagesAsync(Results results)
    {
        await using var farm = await FarmUnderTest.StartAsync(Matrix with { OwnServers = true }, CancellationToken.None);
        var size = new OutageSize(Restarts: 20, Down: TimeSpan.FromSeconds(60), Cuts: 100, StoreErrors: TimeSpan.FromSeconds(30), Batch: 400, Batches: 7);
        var outcome = await Outages.RunAsync(farm, new FarmLedger(farm), size, Console.WriteLine, CancellationToken.None);
        results.AtLeast("jobs accepted while the broker was away or frozen", "jobs", [outcome.SubmitsWhileDown], 1);
        results.Note("slowest of those answers", "s", [outcome.SlowestSubmit]);
        results.Note("requests that the store refused", "requests", [outcome.Refused]);
        results.Note("uploads cut off half way", "uploads", [outcome.Truncated]);
        results.AtMost("processes that had to be started again", "processes", [outcome.Restarted], 0);
        results.Note("throughput before", "images/s", outcome.Before);
        results.Note("throughput after", "images/s", outcome.After);
        results.AtLeast("throughput after ÷ before", "ratio", [outcome.After.Sum() / outcome.Before.Sum()], 0.95);
        Publish(results, outcome.Verdict);
    }

    private static void Publish(Results results, string what, ZombieOutcome outcome)
    {
        results.Note($"zombie {what}: frozen and woken", "trials", [outcome.Trials]);
        results.AtMost($"zombie {what}: ended images that changed", "images", [outcome.Overwritten], 0);
        results.AtMost($"zombie {what}: images served otherwise than recorded", "images", [outcome.Misserved], 0);
        Publish(results, outcome.Verdict, $"zombie {what}: ");
    }

    private static void Publish(Results results, Verdict verdict, string of = "")
    {
        results.Note($"{of}jobs", "jobs", [verdict.Jobs]);
        results.Note($"{of}images read back and compared", "images", [verdict.Images]);
        results.AtMost($"{of}lost", "images", [verdict.Lost], 0);
        results.AtMost($"{of}failed", "images", [verdict.Failed], 0);
        results.AtMost($"{of}duplicated", "images", [verdict.Duplicated], 0);
        results.AtMost($"{of}wrong or missing objects", "images", [verdict.Wrong], 0);
        results.AtMost($"{of}attempts charged to nobody's fault", "attempts", [verdict.Charged], 0);
        results.Note($"{of}objects for the sweeper", "objects", [verdict.Orphans]);
    }
}
