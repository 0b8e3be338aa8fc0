using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;

namespace RenderFarm.Coordinator.Persistence.Sqlite;

/// <summary>
/// SQLite in one file. Write-ahead log, so readers never wait for the writer. Synchronous stays at SQLite's default FULL: a commit
/// reaches the disk before anyone is told of it, so an accepted job survives a power cut; with one commit per batch that costs
/// about a millisecond where a render costs a second. The file belongs to one process, which always leads.
/// </summary>
internal sealed class SqliteDatabase : IDatabase, IDisposable
{
    private const int UniqueViolation = 19;

    // Reads all that wait, which on one machine is fast enough.
    private static string FirstQueuedJobs(SizeLimits limits) => $$"""
        WITH queued AS (
            SELECT * FROM jobs WHERE status = '{{JobStatuses.Queued}}' AND paused_at IS NULL)
        SELECT * FROM (
            SELECT *, row_number() OVER (PARTITION BY tenant, priority, checkpoint, upscaler, determinism{{limits.SqlOf("pixels")}} ORDER BY id) AS place FROM queued) AS kinds
        WHERE place <= max({1}, {0} / max(1, {{limits.Ranges}} * (SELECT count(*) FROM (SELECT DISTINCT tenant, priority, checkpoint, upscaler, determinism FROM queued))))
        """;

    private readonly string _path;
    private readonly string _connection;
    private readonly PooledDbContextFactory<SqliteFarmDbContext> _contexts;

    // Waiting here is fair and free; SQLite's own busy wait polls and starves.
    private readonly SemaphoreSlim _writer = new(1, 1);
    private FileStream? _claim;

    /// <param name="path">The file; its folder is made.</param>
    /// <param name="commandTimeout">Longest wait for the file's lock.</param>
    /// <param name="logging">Gets the statements; null for none.</param>
    public SqliteDatabase(string path, TimeSpan commandTimeout, ILoggerFactory? logging = null)
    {
        _path = path;
        _connection = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = (int)Math.Ceiling(commandTimeout.TotalSeconds) }.ToString();
        var options = new DbContextOptionsBuilder<SqliteFarmDbContext>().UseSqlite(_connection);
        if (logging is not null) options.UseLoggerFactory(logging);
        _contexts = new PooledDbContextFactory<SqliteFarmDbContext>(options.Options);
    }

    public string Place => _path;

    public bool HasSingleWriter => true;

    public FarmDbContext CreateDbContext() => _contexts.CreateDbContext();

    public async Task MigrateAsync(CancellationToken cancellation)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_path))!);
            _claim ??= Claim();
            await using var db = CreateDbContext();
            await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", cancellation);
            await db.MigrateKnownAsync(cancellation);
        }
        catch (Exception error) when (error is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new RecordException($"The record {_path} cannot be opened: {error.Message} Check the path, its rights and the free space.", error);
        }
    }

    public async Task<IDisposable> EnterWriteAsync(CancellationToken cancellation)
    {
        await _writer.WaitAsync(cancellation);
        return new WriteTurn(_writer);
    }

    public Task TakeTurnAsync(FarmDbContext db, CancellationToken cancellation) => Task.CompletedTask;

    public Task<bool> HoldsEpochAsync(FarmDbContext db, long epoch, CancellationToken cancellation) => Task.FromResult(true);

    public async Task InsertTasksAsync(FarmDbContext db, JobId job, IEnumerable<CostStretch> stretches, CancellationToken cancellation)
    {
        await using var insert = db.Database.GetDbConnection().CreateCommand();
        insert.Transaction = db.Database.CurrentTransaction!.GetDbTransaction();
        insert.CommandText = """
            WITH RECURSIVE stretch(task_index) AS (
                SELECT $first UNION ALL SELECT task_index + 1 FROM stretch WHERE task_index + 1 < $end)
            INSERT INTO tasks (job_id, task_index, cost, status, attempt, charged, deaths_alone, rescues, refusals, missed_heartbeats)
            SELECT $job, task_index, $cost, $queued, 0, 0, 0, 0, 0, 0 FROM stretch
            """;
        insert.Parameters.Add(new SqliteParameter("$job", job.Value.ToByteArray(true)));
        insert.Parameters.Add(new SqliteParameter("$queued", TaskStatuses.Queued));
        var first = new SqliteParameter("$first", SqliteType.Integer);
        var end = new SqliteParameter("$end", SqliteType.Integer);
        var cost = new SqliteParameter("$cost", SqliteType.Integer);
        insert.Parameters.AddRange(new[] { first, end, cost });
        foreach (var stretch in stretches)
        {
            (first.Value, end.Value, cost.Value) = (stretch.First, stretch.First + stretch.Count, stretch.Cost);
            await insert.ExecuteNonQueryAsync(cancellation);
        }
    }

    public async Task<List<PeekedTask>> PeekAsync(Peek peek, CancellationToken cancellation)
    {
        await using var db = CreateDbContext();
        return await db.Tasks
            .Where(task => task.Job == peek.Job && task.Status == TaskStatuses.Queued && task.SuspectSince == null && task.Index > peek.After)
            .Where(task => task.NotBefore == null || task.NotBefore <= peek.Now)
            .OrderBy(task => task.Index)
            .Take(peek.Count)
            .Select(task => new PeekedTask(task.Index, task.Cost, task.AvoidWorker, task.Attempt))
            .ToListAsync(cancellation);
    }

    public async Task<List<ClaimedTask>> ClaimAsync(Claim claim, CancellationToken cancellation)
    {
        using var turn = await EnterWriteAsync(cancellation);
        await using var db = CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var claimed = await SqliteClaim.ApplyAsync(db, claim, cancellation);
        await db.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return claimed;
    }

    public IQueryable<RenderJob> FirstQueued(FarmDbContext db, int inAll, int ofEach, SizeLimits limits) =>
        db.Jobs.FromSqlRaw(FirstQueuedJobs(limits), inAll, ofEach);

    public bool IsUniqueViolation(DbUpdateException error) =>
        error.InnerException is SqliteException { SqliteErrorCode: UniqueViolation };

    // A file that cannot be written now may be full or locked for longer than anyone should retry blindly.
    public bool IsUnavailable(Exception error) => false;

    public void GiveUpSpoilt(Exception error)
    {
        // A file has no sessions that could forget something.
    }

    public void Dispose()
    {
        // Its own pool: the file is let go, and other records of this process keep their connections.
        using (var pooled = new SqliteConnection(_connection)) SqliteConnection.ClearPool(pooled);
        _claim?.Dispose();
        _writer.Dispose();
    }

    // Two coordinators on one file would each dispatch the other's tasks. The lock dies with its holder, however that ends.
    private FileStream Claim()
    {
        try
        {
            return new FileStream(_path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error is not DirectoryNotFoundException)
        {
            throw new RecordException($"The record {_path} is in use by another RenderFarm. Stop that one, or give this one a folder of its own.", error);
        }
    }
}
