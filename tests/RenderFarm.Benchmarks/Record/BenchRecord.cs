using System.Diagnostics;
using Npgsql;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Testing.Services;

namespace RenderFarm.Benchmarks.Record;

/// <summary>A record on a server that waits for the disk, with the statements of a dispatch round and nothing around them.</summary>
internal sealed class BenchRecord : IAsyncDisposable
{
    private readonly PostgresDatabase _database;
    private readonly FarmRecord _record;
    private readonly Backlog _backlog;
    private readonly long _epoch;

    private BenchRecord(PostgresDatabase database, long epoch)
    {
        (_database, _epoch) = (database, epoch);
        _record = new FarmRecord(database);
        _backlog = new Backlog(_record, database, TimeProvider.System);
    }

    /// <summary>An empty record, led for an hour.</summary>
    public static async Task<BenchRecord> NewAsync(PostgresService server)
    {
        var database = new PostgresDatabase(await server.AddDatabaseAsync(), TimeSpan.FromMinutes(2));
        await database.MigrateAsync(CancellationToken.None);
        await database.KeepPartitionsAsync(TimeProvider.System.GetUtcNow(), 1, CancellationToken.None);
        await using var connection = await database.Source.OpenConnectionAsync();
        var (epoch, _) = await LeaderRow.TakeAsync(connection, "benchmark", TimeSpan.FromHours(1), TimeSpan.Zero, takesOffered: false, CancellationToken.None);
        return new BenchRecord(database, epoch!.Value);
    }

    /// <summary>Stores a job as a submission does, and lets vacuum settle it as it would within minutes.</summary>
    /// <returns>Time to the commit, and the most managed memory in use meanwhile beyond what there was before, in bytes.</returns>
    public async Task<(TimeSpan Elapsed, long Memory)> SubmitAsync(int tasks)
    {
        var job = AJob.Submitted(TimeProvider.System.GetUtcNow(), tasks);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = before;
        TimeSpan elapsed;
        await using (new Timer(_ => most = Math.Max(most, GC.GetTotalMemory(false)), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(5)))
        {
            var clock = Stopwatch.GetTimestamp();
            await _record.AddAsync(
                async db =>
                {
                    db.Jobs.Add(job);
                    await db.SaveChangesAsync();
                    await _database.InsertTasksAsync(db, job.Id, [new CostStretch(0, tasks, 1)], CancellationToken.None);
                    return 0;
                },
                CancellationToken.None);
            elapsed = Stopwatch.GetElapsedTime(clock);
        }

        await SettleAsync();
        return (elapsed, most - before);
    }

    /// <summary>Stores jobs of one image each, of a hundred tenants, and lets vacuum settle them.</summary>
    public async Task SubmitSinglesAsync(int jobs)
    {
        const int AtOnce = 1_000;
        const int Tenants = 100;
        for (var stored = 0; stored < jobs; stored += AtOnce)
        {
            var some = Enumerable.Range(stored, AtOnce).Select(number => AJob.Submitted(TimeProvider.System.GetUtcNow(), 1, tenant: $"tenant-{number % Tenants}")).ToList();
            await _record.AddAsync(
                async db =>
                {
                    db.Jobs.AddRange(some);
                    await db.SaveChangesAsync();
                    foreach (var job in some) await _database.InsertTasksAsync(db, job.Id, [new CostStretch(0, 1, 1)], CancellationToken.None);
                    return 0;
                },
                CancellationToken.None);
        }

        await SettleAsync();
    }

    /// <summary>Has vacuum clean away what it can, and the tables counted.</summary>
    public Task SettleAsync() => ExecuteAsync("VACUUM ANALYZE");

    /// <summary>Claims the only task of each of the first waiting jobs, all at once.</summary>
    /// <returns>Time of the claim in milliseconds.</returns>
    public async Task<double> ClaimSinglesAsync(int jobs)
    {
        var waiting = (await _backlog.JobsAsync(CancellationToken.None)).Take(jobs).ToList();
        var clock = Stopwatch.GetTimestamp();
        var claimed = await _backlog.ClaimAsync([.. waiting.Select(job => new Allotment(job, Device(), [0]))], _epoch, TimeSpan.FromMinutes(10), CancellationToken.None);
        if (claimed.Count != jobs) throw new InvalidOperationException($"{claimed.Count} tasks were claimed, not {jobs}.");
        return Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
    }

    /// <summary>A round: the waiting jobs, the next tasks of the first, their claim.</summary>
    /// <returns>Time in milliseconds.</returns>
    public async Task<double> ClaimAsync(int tasks)
    {
        var clock = Stopwatch.GetTimestamp();
        var job = (await _backlog.JobsAsync(CancellationToken.None))[0];
        var next = await _backlog.TasksAsync(job.Id, -1, 64, CancellationToken.None);
        var claimed = await _backlog.ClaimAsync([new Allotment(job, Device(), [.. next.Take(tasks).Select(task => task.Index)])], _epoch, TimeSpan.FromMinutes(10), CancellationToken.None);
        if (claimed.Count != tasks) throw new InvalidOperationException($"{claimed.Count} tasks were claimed, not {tasks}.");
        return Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
    }

    /// <summary>Claims for some time.</summary>
    /// <returns>Tasks a second, for each second.</returns>
    public async Task<List<double>> ClaimForAsync(TimeSpan time, int tasks)
    {
        var rates = new List<double>();
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < time;)
        {
            var (second, rounds) = (Stopwatch.GetTimestamp(), 0);
            for (; Stopwatch.GetElapsedTime(second) < TimeSpan.FromSeconds(1); rounds++) await ClaimAsync(tasks);
            rates.Add(rounds * tasks / Stopwatch.GetElapsedTime(second).TotalSeconds);
        }

        return rates;
    }

    /// <summary>Opens a transaction that has looked at the tasks and keeps its view until disposed: nothing that dies meanwhile can be cleaned away.</summary>
    public async Task<IAsyncDisposable> HoldAsync()
    {
        var connection = await _database.Source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM tasks LIMIT 1", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private static DeviceLoad Device() =>
        new() { Worker = "alpha", Device = "cuda:0", Slots = 64, Profile = "p1", Speed = 1, IsMeasured = false, Checkpoints = new HashSet<string>() };

    private async Task ExecuteAsync(string statement)
    {
        await using var command = _database.Source.CreateCommand(statement);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }
}
