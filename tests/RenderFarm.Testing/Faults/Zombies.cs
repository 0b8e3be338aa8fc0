using RenderFarm.Testing.Services;

namespace RenderFarm.Testing.Faults;

/// <summary>What came of the frozen that woke up.</summary>
/// <param name="Trials">Processes frozen and woken.</param>
/// <param name="Overwritten">Images whose record changed after they were completed.</param>
/// <param name="Misserved">Images that the API serves otherwise than the record names them.</param>
/// <param name="Verdict">What the ledger says afterwards.</param>
public sealed record ZombieOutcome(int Trials, int Overwritten, int Misserved, Verdict Verdict);

/// <summary>Processes that are frozen for three leases and go on as if nothing had happened, while others do their work.</summary>
public static class Zombies
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    // Who is asked of one that freezes waits for it to wake, and asks for nothing more.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromMilliseconds(300);

    /// <summary>Freezes workers in turn, three of four at a time.</summary>
    public static Task<ZombieOutcome> WorkersAsync(FarmUnderTest farm, FarmLedger ledger, TimeSpan lease, int trials, CancellationToken cancellation) =>
        RunAsync(farm, ledger, async (workers, trial) =>
        {
            var frozen = workers.Where((_, i) => i != trial % workers.Count).Take(Math.Min(3, trials - trial)).ToList();
            foreach (var worker in frozen) worker.Send(Signal.Stop);
            await Wait.ForAsync(lease * 3, cancellation);
            foreach (var worker in frozen) worker.Send(Signal.Continue);
            return frozen.Count;
        }, trials, cancellation);

    /// <summary>Freezes whichever coordinator leads. Clients turn to the other one meanwhile, so that there is work.</summary>
    public static Task<ZombieOutcome> LeadersAsync(FarmUnderTest farm, FarmLedger ledger, TimeSpan leadership, int trials, CancellationToken cancellation)
    {
        var awake = 0;
        return RunAsync(farm, ledger, async (_, _) =>
        {
            var leader = await LeaderAsync(farm, cancellation);
            awake = 1 - leader;
            await Wait.ForAsync(AnswerTime, cancellation);
            farm.Coordinators[leader].Send(Signal.Stop);
            await Wait.ForAsync(leadership * 3, cancellation);
            farm.Coordinators[leader].Send(Signal.Continue);
            return 1;
        }, trials, cancellation, () => awake);
    }

    /// <summary>Index of the coordinator that leads.</summary>
    public static async Task<int> LeaderAsync(FarmUnderTest farm, CancellationToken cancellation)
    {
        await using var command = farm.Record.CreateCommand("select holder from leadership");
        var holder = (string)(await command.ExecuteScalarAsync(cancellation))!;
        return holder[1] - '0';
    }

    private static async Task<ZombieOutcome> RunAsync(
        FarmUnderTest farm, FarmLedger ledger, Func<List<FarmProcess>, int, Task<int>> freeze, int trials, CancellationToken cancellation, Func<int>? asked = null)
    {
        var workers = Enumerable.Range(0, 4).Select(i => farm.StartWorker($"w-{i}")).ToList();
        await ledger.SubmitAsync(1, cancellation);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var feeding = Load.FeedAsync(farm, ledger, images: 16, waiting: 64, enough.Token, asked);
        var seen = new Dictionary<(Guid, int), string>();
        var overwritten = 0;
        var done = 0;
        while (done < trials)
        {
            done += await freeze(workers, done);
            overwritten += await CompareAsync(farm, seen, cancellation);
        }

        await enough.CancelAsync();
        await feeding;
        await ledger.AllEndedAsync(Limit, cancellation);
        overwritten += await CompareAsync(farm, seen, cancellation);
        return new ZombieOutcome(done, overwritten, await MisservedAsync(farm, cancellation), await FarmAudit.RunAsync(farm, ledger, cancellation));
    }

    // An ended task never changes: what was once seen to be completed must stay as it was.
    private static async Task<int> CompareAsync(FarmUnderTest farm, Dictionary<(Guid, int), string> seen, CancellationToken cancellation)
    {
        await using var command = farm.Record.CreateCommand("select job_id, task_index, object_key || sha256 || worker || ended_at from tasks where status = 'completed'");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var changed = 0;
        while (await reader.ReadAsync(cancellation))
        {
            var (task, state) = ((reader.GetGuid(0), reader.GetInt32(1)), reader.GetString(2));
            if (!seen.TryAdd(task, state) && seen[task] != state) changed++;
        }

        return changed;
    }

    private static async Task<int> MisservedAsync(FarmUnderTest farm, CancellationToken cancellation)
    {
        await using var command = farm.Record.CreateCommand("select job_id, task_index, sha256 from tasks where status = 'completed' order by random() limit 100");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var wrong = 0;
        while (await reader.ReadAsync(cancellation))
        {
            var served = await farm.Client().GetByteArrayAsync(new Uri($"/v1/jobs/{reader.GetGuid(0)}/images/{reader.GetInt32(1)}", UriKind.Relative), cancellation);
            if (Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(served)) != reader.GetString(2)) wrong++;
        }

        return wrong;
    }
}
