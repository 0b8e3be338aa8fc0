using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Sqlite;
using RenderFarm.Coordinator.Telemetry;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Hosting.Telemetry;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Tests.Hosting.Telemetry;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Telemetry;

public sealed class RecordGaugesTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly SqliteDatabase _database;
    private readonly Contexts _contexts;
    private readonly RecordGauges _gauges;
    private readonly InstrumentReader _reader;

    public RecordGaugesTests()
    {
        _database = new SqliteDatabase(Path.Combine(_folder.Path, "farm.db"), TimeSpan.FromSeconds(30));
        _contexts = new Contexts(_database);
        _gauges = new RecordGauges(new FarmRecord(_contexts), _clock, NullLogger<RecordGauges>.Instance);
        _reader = new InstrumentReader(instrument => instrument.Meter == _gauges.Meter);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _database.MigrateAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _gauges.StopAsync(CancellationToken.None);
        _reader.Dispose();
        _gauges.Dispose();
        _database.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Backlog_and_held_work_of_a_checkpoint_add_up_to_what_is_left_of_its_jobs()
    {
        var job = AJob.With(total: 10);
        Move(job, TaskStatuses.Running, 3);
        Move(job, TaskStatuses.Completed, 2);
        job.CostEnded = 2;
        await SaveAsync(db => db.Jobs.AddRange(job, AJob.With(total: 4)));

        await ReadAsync();

        Assert.Equal(5 + 4, _reader.Now(FarmInstruments.BacklogPixelSteps, "checkpoint")["demo"], 6);
        Assert.Equal(3, _reader.Now(FarmInstruments.HeldPixelSteps, "checkpoint")["demo"], 6);
        Assert.Equal(new Dictionary<string, double> { ["queued"] = 9, ["dispatched"] = 0, ["running"] = 3 }, _reader.Now(FarmInstruments.Tasks, "status"));
    }

    [Fact]
    public async Task Waiting_work_of_a_paused_job_calls_for_no_workers_and_its_running_work_keeps_theirs()
    {
        var paused = AJob.With(total: 10);
        Move(paused, TaskStatuses.Running, 4);
        paused.PausedAt = DateTimeOffset.UnixEpoch;
        await SaveAsync(db => db.Jobs.AddRange(paused, AJob.With(total: 7)));

        await ReadAsync();

        Assert.Equal(7, _reader.Now(FarmInstruments.BacklogPixelSteps, "checkpoint")["demo"], 6);
        Assert.Equal(4, _reader.Now(FarmInstruments.HeldPixelSteps, "checkpoint")["demo"], 6);
        Assert.Equal(13, _reader.Now(FarmInstruments.Tasks, "status")["queued"]);
    }

    [Fact]
    public async Task Waiting_work_of_a_paused_farm_calls_for_no_workers_until_it_is_resumed()
    {
        var job = AJob.With(total: 10);
        Move(job, TaskStatuses.Dispatched, 4);
        await SaveAsync(db =>
        {
            db.Jobs.Add(job);
            db.State.Add(new FarmState { PausedAt = DateTimeOffset.UnixEpoch });
        });
        await ReadAsync();

        Assert.Equal(0, _reader.Now(FarmInstruments.BacklogPixelSteps, "checkpoint")["demo"]);
        Assert.Equal(4, _reader.Now(FarmInstruments.HeldPixelSteps, "checkpoint")["demo"], 6);

        await SaveAsync(db => db.State.Single().PausedAt = null);
        await ReadAfterAsync(RecordGauges.Interval);
        Assert.Equal(6, _reader.Now(FarmInstruments.BacklogPixelSteps, "checkpoint")["demo"], 6);
    }

    [Fact]
    public async Task Jobs_that_have_ended_weigh_nothing()
    {
        var job = AJob.With(total: 2);
        job.MarkDispatched(DateTimeOffset.UnixEpoch);
        Move(job, TaskStatuses.Completed, 2);
        Assert.True(job.RollUp(DateTimeOffset.UnixEpoch));
        await SaveAsync(db => db.Jobs.Add(job));

        await ReadAsync();

        Assert.Equal(0, _reader.Now(FarmInstruments.Tasks, "status").Values.Sum());
        Assert.Empty(_reader.Now(FarmInstruments.BacklogPixelSteps, "checkpoint"));
    }

    [Fact]
    public async Task Checkpoint_without_work_and_status_without_workers_show_zero()
    {
        await SaveAsync(db =>
        {
            db.Checkpoints.Add(new FarmCheckpoint { Digest = "d", Name = "idle", Description = "{}", FirstSeenAt = default, LastSeenAt = default });
            db.Workers.Add(new FarmWorker { Name = "w", Incarnation = Guid.NewGuid(), Checkpoints = [], FirstSeenAt = default, LastSeenAt = default });
        });

        await ReadAsync();

        Assert.Equal(0, _reader.Now(FarmInstruments.BacklogPixelSteps, "checkpoint")["idle"]);
        Assert.Equal(0, _reader.Now(FarmInstruments.HeldPixelSteps, "checkpoint")["idle"]);
        Assert.Equal(new Dictionary<string, double> { ["active"] = 1, ["lost"] = 0, ["left"] = 0 }, _reader.Now(FarmInstruments.Workers, "status"));
    }

    [Fact]
    public async Task Reading_that_cannot_be_renewed_is_withheld_and_not_shown_as_an_empty_backlog()
    {
        await SaveAsync(db => db.Jobs.Add(AJob.With(total: 7)));
        await ReadAsync();
        Assert.Equal(7, _reader.Now(FarmInstruments.BacklogPixelSteps, "checkpoint")["demo"]);

        _contexts.IsBroken = true;
        await ReadAfterAsync(RecordGauges.OldAge);
        Assert.Single(_reader.Now(FarmInstruments.BacklogPixelSteps, "checkpoint"));

        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Empty(_reader.Now(FarmInstruments.BacklogPixelSteps, "checkpoint"));
        Assert.Empty(_reader.Now(FarmInstruments.Workers, "status"));
    }

    private static void Move(RenderJob job, string to, int count)
    {
        job.Count(TaskStatuses.Queued, -count);
        job.Count(to, count);
    }

    private async Task SaveAsync(Action<FarmDbContext> add)
    {
        await using var db = _contexts.CreateDbContext();
        add(db);
        await db.SaveChangesAsync(Cancellation);
    }

    private async Task ReadAsync()
    {
        var pass = _gauges.NextPass();
        await _gauges.StartAsync(Cancellation);
        await pass.WaitAsync(Cancellation);
    }

    private async Task ReadAfterAsync(TimeSpan time)
    {
        var pass = _gauges.NextPass();
        _clock.Advance(time);
        // The loop may not have begun to wait, and then this time has passed without it.
        _gauges.Wake();
        await pass.WaitAsync(Cancellation);
    }

    /// <summary>SQLite that can go away.</summary>
    private sealed class Contexts(SqliteDatabase database) : IDatabase
    {
        public bool IsBroken { get; set; }

        public string Place => database.Place;

        public bool HasSingleWriter => database.HasSingleWriter;

        public FarmDbContext CreateDbContext() => IsBroken ? throw new IOException("The record is away.") : database.CreateDbContext();

        public Task MigrateAsync(CancellationToken cancellation) => database.MigrateAsync(cancellation);

        public Task<IDisposable> EnterWriteAsync(CancellationToken cancellation) => database.EnterWriteAsync(cancellation);

        public Task TakeTurnAsync(FarmDbContext db, CancellationToken cancellation) => database.TakeTurnAsync(db, cancellation);

        public Task<bool> HoldsEpochAsync(FarmDbContext db, long epoch, CancellationToken cancellation) => database.HoldsEpochAsync(db, epoch, cancellation);

        public Task InsertTasksAsync(FarmDbContext db, JobId job, IEnumerable<CostStretch> stretches, CancellationToken cancellation) =>
            database.InsertTasksAsync(db, job, stretches, cancellation);

        public IQueryable<RenderJob> FirstQueued(FarmDbContext db, int inAll, int ofEach, SizeLimits limits) => database.FirstQueued(db, inAll, ofEach, limits);

        public Task<List<PeekedTask>> PeekAsync(Peek peek, CancellationToken cancellation) => database.PeekAsync(peek, cancellation);

        public Task<List<ClaimedTask>> ClaimAsync(Claim claim, CancellationToken cancellation) => database.ClaimAsync(claim, cancellation);

        public bool IsUniqueViolation(DbUpdateException error) => database.IsUniqueViolation(error);

        public bool IsUnavailable(Exception error) => database.IsUnavailable(error);

        public void GiveUpSpoilt(Exception error) => database.GiveUpSpoilt(error);
    }
}
