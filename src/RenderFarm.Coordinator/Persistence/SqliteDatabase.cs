using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>
/// SQLite in one file. Write-ahead log, so readers never wait for the writer. Synchronous stays at SQLite's default FULL: a commit
/// reaches the disk before anyone is told of it, so an accepted job survives a power cut; with one commit per batch that costs
/// about a millisecond where a render costs a second.
/// </summary>
internal sealed class SqliteDatabase(string path) : IDatabase, IDisposable
{
    private const int UniqueViolation = 19;

    // Waiting here is fair and free; SQLite's own busy wait polls and starves.
    private readonly SemaphoreSlim _writer = new(1, 1);
    private FileStream? _claim;

    public void Configure(DbContextOptionsBuilder options)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var connection = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 30 };
        options.UseSqlite(connection.ToString());
    }

    public async Task PrepareAsync(FarmDbContext db, CancellationToken cancellation)
    {
        _claim ??= Claim();
        await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", cancellation);
    }

    public async Task<IDisposable> EnterWriteAsync(CancellationToken cancellation)
    {
        await _writer.WaitAsync(cancellation);
        return new Turn(_writer);
    }

    public async Task InsertTasksAsync(FarmDbContext db, JobId job, IEnumerable<CostStretch> stretches, CancellationToken cancellation)
    {
        await using var insert = db.Database.GetDbConnection().CreateCommand();
        insert.Transaction = db.Database.CurrentTransaction!.GetDbTransaction();
        insert.CommandText = """
            WITH RECURSIVE stretch(task_index) AS (
                SELECT $first UNION ALL SELECT task_index + 1 FROM stretch WHERE task_index + 1 < $end)
            INSERT INTO tasks (job_id, task_index, cost, status, attempt, charged, deaths_alone, rescues, missed_heartbeats)
            SELECT $job, task_index, $cost, $queued, 0, 0, 0, 0, 0 FROM stretch
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

    public bool IsUniqueViolation(DbUpdateException error) =>
        error.InnerException is SqliteException { SqliteErrorCode: UniqueViolation };

    public void Dispose()
    {
        _claim?.Dispose();
        _writer.Dispose();
    }

    // Two coordinators on one file would each dispatch the other's tasks. The lock dies with its holder, however that ends.
    private FileStream Claim()
    {
        try
        {
            return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error is not DirectoryNotFoundException)
        {
            throw new RecordException($"The record {path} is in use by another RenderFarm. Stop that one, or give this one a folder of its own.", error);
        }
    }

    private sealed class Turn(SemaphoreSlim writer) : IDisposable
    {
        public void Dispose() => writer.Release();
    }
}
