using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Sqlite;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

/// <summary>What every test of a record needs: an empty one, the epoch that leads, and jobs that come into it and change there.</summary>
public abstract class RecordTest : IAsyncLifetime
{
    internal static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();
    private long _epoch;

    internal IDatabase Database { get; private set; } = null!;

    internal FarmRecord Record { get; private set; } = null!;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Database = await OpenAsync();
        Record = new FarmRecord(Database);
        _epoch = await LeadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Database is IAsyncDisposable shared) await shared.DisposeAsync();
        else ((IDisposable)Database).Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>An empty record of the present shape: a SQLite file, unless a class opens another.</summary>
    internal virtual async Task<IDatabase> OpenAsync()
    {
        var database = new SqliteDatabase(Path.Combine(_folder.Path, "farm.db"), TimeSpan.FromSeconds(30));
        await database.MigrateAsync(Cancellation);
        return database;
    }

    /// <summary>The epoch that leads.</summary>
    internal virtual Task<long> LeadAsync() => Task.FromResult(1L);

    internal static Allotment Of(RenderJob job, string worker, params int[] indices) => new(
        new WaitingJob(job.Id, job.Tenant, job.Priority, new RenderNeeds(job.Checkpoint, job.Determinism, null), job.Format, null),
        new DeviceLoad { Worker = worker, Device = "cpu", Slots = 4, Profile = "p1", Speed = 1, IsMeasured = false, Checkpoints = new HashSet<string>() },
        indices);

    internal Task<List<ClaimedTask>> ClaimAsync(RenderJob job, params int[] indices) => ClaimAsync([Of(job, "alpha", indices)]);

    internal Task<List<ClaimedTask>> ClaimAsync(IReadOnlyList<Allotment> allotments, long? epoch = null) =>
        Database.ClaimAsync(new Claim(allotments, epoch ?? _epoch, Noon, Noon.AddSeconds(12)), Cancellation);

    internal static RenderJob NewJob(int tasks, string? key = null) => AJob.Submitted(Noon, tasks, key);

    internal async Task<RenderJob> AddAsync(params CostStretch[] stretches)
    {
        var job = NewJob(stretches.Sum(stretch => stretch.Count));
        await AddJobAsync(job, stretches);
        return job;
    }

    internal Task<int> AddJobAsync(RenderJob job, IEnumerable<CostStretch> stretches) => Record.AddAsync(
        async db =>
        {
            db.Jobs.Add(job);
            await db.SaveChangesAsync(Cancellation);
            await Database.InsertTasksAsync(db, job.Id, stretches, Cancellation);
            return 0;
        },
        Cancellation);

    internal Task<List<RenderTask>> TasksAsync(RenderJob job) =>
        Record.ReadAsync(db => db.Tasks.Where(task => task.Job == job.Id).OrderBy(task => task.Index).ToListAsync(Cancellation), Cancellation);

    internal Task<RenderJob> JobAsync(RenderJob job) => Record.ReadAsync(db => db.Jobs.SingleAsync(row => row.Id == job.Id, Cancellation), Cancellation);

    internal Task<int> ChangeAsync(RenderJob job, int index, Action<RenderJob, RenderTask> change) => Record.WriteAsync(
        async db =>
        {
            var row = await db.Jobs.SingleAsync(found => found.Id == job.Id, Cancellation);
            change(row, await db.Tasks.SingleAsync(task => task.Job == job.Id && task.Index == index, Cancellation));
            return 0;
        },
        Cancellation);

    /// <summary>Changes all tasks of a job in one write.</summary>
    internal Task<int> ChangeAllAsync(RenderJob job, Action<RenderJob, RenderTask> change) => Record.WriteAsync(
        async db =>
        {
            var row = await db.Jobs.SingleAsync(found => found.Id == job.Id, Cancellation);
            foreach (var task in await db.Tasks.Where(task => task.Job == job.Id).ToListAsync(Cancellation)) change(row, task);
            return 0;
        },
        Cancellation);
}
