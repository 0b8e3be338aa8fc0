using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;

namespace RenderFarm.Coordinator.Persistence.Postgres;

/// <summary>
/// PostgreSQL 14 or later, shared by any number of coordinators. Writers of existing jobs take turns across all of them (an advisory
/// lock until their commit), so that what a batch read still holds when it writes; batches are what makes that fast. Submissions
/// only add rows and take no turn.
/// </summary>
internal sealed class PostgresDatabase : IDatabase, IAsyncDisposable, IDisposable
{
    // Advisory locks live in one space per database: these two numbers are ours ("rf" in ASCII, then which).
    private const long WriteLock = 0x7266_0001;
    private const long MigrationLock = 0x7266_0002;
    private static readonly TimeSpan MigrationTimeout = TimeSpan.FromMinutes(10);

    private readonly PooledDbContextFactory<PostgresFarmDbContext> _contexts;
    private readonly SemaphoreSlim _writer = new(1, 1);
    private readonly TaskPartitions _partitions;
    private readonly NpgsqlConnectionStringBuilder _settings;
    private string? _findTasks;
    private string? _findJobs;

    /// <param name="connection">Npgsql's connection string.</param>
    /// <param name="commandTimeout">Longest wait for an answer.</param>
    /// <param name="logging">Gets the statements; null for none.</param>
    public PostgresDatabase(string connection, TimeSpan commandTimeout, ILoggerFactory? logging = null)
    {
        var settings = PostgresConnection.WithDefaults(connection, commandTimeout);
        Place = $"{settings.Host}:{settings.Port}/{settings.Database ?? settings.Username}";
        _settings = settings;
        Source = NpgsqlDataSource.Create(settings);
        _partitions = new TaskPartitions(Source);
        var options = new DbContextOptionsBuilder<PostgresFarmDbContext>().UseNpgsql(Source);
        if (logging is not null) options.UseLoggerFactory(logging);
        _contexts = new PooledDbContextFactory<PostgresFarmDbContext>(options.Options);
    }

    public string Place { get; }

    public bool HasSingleWriter => false;

    /// <summary>The pool of connections.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>The partitions of <c>tasks</c>.</summary>
    public TaskPartitions Partitions => _partitions;

    public FarmDbContext CreateDbContext() => _contexts.CreateDbContext();

    public async Task MigrateAsync(CancellationToken cancellation)
    {
        if (PostgresTls.Unreadable(_settings) is { } unreadable) throw new RecordException(unreadable);
        try
        {
            await using var gate = await OpenAloneAsync(isPatient: true, cancellation);
            await using (var take = new NpgsqlCommand("SELECT pg_advisory_lock($1)", gate) { CommandTimeout = (int)MigrationTimeout.TotalSeconds })
            {
                take.Parameters.Add(new NpgsqlParameter<long> { TypedValue = MigrationLock });
                await take.ExecuteNonQueryAsync(cancellation);
            }

            await using var patient = await OpenAloneAsync(isPatient: true, cancellation);
            await using var db = new PostgresFarmDbContext(new DbContextOptionsBuilder<PostgresFarmDbContext>().UseNpgsql(patient).Options);
            db.Database.SetCommandTimeout(MigrationTimeout);
            await db.MigrateKnownAsync(cancellation);
        }
        catch (Exception error) when (error is NpgsqlException or SocketException)
        {
            if (await PostgresTls.RefusalAsync(_settings, error, Place, cancellation) is { } refusal) throw new RecordException(refusal, error);
            throw new RecordException($"The record at {Place} cannot be used: {error.Message.TrimEnd('.')}. Check the server, the database and the user's rights (it must own the database's schema).", error)
            {
                IsPassing = IsUnavailable(error),
            };
        }
    }

    /// <summary>A connection of its own, outside the pool, for what outlives a statement.</summary>
    /// <param name="isPatient">Whether its statements may take as long as they like.</param>
    /// <param name="cancellation">Stops waiting for it.</param>
    public async Task<NpgsqlConnection> OpenAloneAsync(bool isPatient, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(PostgresConnection.Alone(_settings, isPatient).ConnectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task<IDisposable> EnterWriteAsync(CancellationToken cancellation)
    {
        await _writer.WaitAsync(cancellation);
        return new WriteTurn(_writer);
    }

    public Task TakeTurnAsync(FarmDbContext db, CancellationToken cancellation) =>
        db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({WriteLock})", cancellation);

    public async Task<bool> HoldsEpochAsync(FarmDbContext db, long epoch, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(TaskStatements.HoldsEpoch, (NpgsqlConnection)db.Database.GetDbConnection());
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = epoch });
        return await command.ExecuteScalarAsync(cancellation) is not null;
    }

    public async Task InsertTasksAsync(FarmDbContext db, JobId job, IEnumerable<CostStretch> stretches, CancellationToken cancellation)
    {
        await _partitions.EnsureAsync(job, cancellation);
        // The other columns have defaults: a queued task that nothing has happened to.
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        await using var copy = await connection.BeginBinaryImportAsync("COPY tasks (job_id, task_index, cost) FROM STDIN (FORMAT BINARY)", cancellation);
        foreach (var stretch in stretches)
        {
            for (var index = stretch.First; index < stretch.First + stretch.Count; index++)
            {
                await copy.StartRowAsync(cancellation);
                await copy.WriteAsync(job.Value, NpgsqlDbType.Uuid, cancellation);
                await copy.WriteAsync(index, NpgsqlDbType.Integer, cancellation);
                await copy.WriteAsync(stretch.Cost, NpgsqlDbType.Bigint, cancellation);
            }
        }

        await copy.CompleteAsync(cancellation);
    }

    public async Task<List<RenderTask>> FindTasksAsync(FarmDbContext db, IReadOnlyCollection<(JobId Job, int Index)> keys, CancellationToken cancellation)
    {
        if (keys.Count == 0) return [];
        var jobs = keys.Select(key => key.Job.Value).ToArray();
        return await db.Tasks.FromSqlRaw(_findTasks ??= TaskStatements.Find(ColumnsOf<RenderTask>(db)), jobs, keys.Select(key => key.Index).ToArray(), jobs.Min(), jobs.Max()).ToListAsync(cancellation);
    }

    // By name, never all that there are: a later version adds columns while this one is in use, and PostgreSQL refuses a prepared statement whose result has others than it had.
    private static string ColumnsOf<T>(FarmDbContext db) => string.Join(
        ", ", db.Model.FindEntityType(typeof(T))!.GetTableMappings().Single().Table.Columns.Select(column => $"\"{column.Name}\""));

    public async Task SaveAsync(FarmDbContext db, CancellationToken cancellation)
    {
        await RowUpdates.WriteAsync<RenderTask>(db, cancellation);
        await RowUpdates.WriteAsync<RenderJob>(db, cancellation);
        await db.SaveChangesAsync(cancellation);
    }

    public async Task<List<RenderJob>> FindJobsAsync(FarmDbContext db, IReadOnlyCollection<JobId> jobs, CancellationToken cancellation) =>
        await db.Jobs.FromSqlRaw(_findJobs ??= JobStatements.Find(ColumnsOf<RenderJob>(db)), jobs.Select(job => job.Value).ToArray()).ToListAsync(cancellation);

    public IQueryable<RenderJob> Begun(FarmDbContext db) => db.Jobs.FromSqlRaw(JobStatements.Begun);

    public IQueryable<RenderJob> FirstQueued(FarmDbContext db, int inAll, int ofEach, SizeLimits limits) =>
        db.Jobs.FromSqlRaw(JobStatements.FirstQueued(limits), inAll, ofEach);

    public async Task<List<PeekedTask>> PeekAsync(Peek peek, CancellationToken cancellation)
    {
        await using var command = Source.CreateCommand(TaskStatements.Peek);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = peek.Job.Value });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = peek.After });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Math.Max(peek.After, peek.FreshAfter) });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = peek.Count });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = peek.Now });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<PeekedTask>();
        while (await reader.ReadAsync(cancellation))
            found.Add(new PeekedTask(reader.GetInt32(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.GetInt32(3)));
        return found;
    }

    public async Task<List<ClaimedTask>> ClaimAsync(Claim claim, CancellationToken cancellation)
    {
        using var turn = await EnterWriteAsync(cancellation);
        await using var batch = Source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT pg_advisory_xact_lock($1)") { Parameters = { new NpgsqlParameter<long> { TypedValue = WriteLock } } });
        batch.BatchCommands.Add(PostgresClaim.Command(claim));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.NextResultAsync(cancellation);
        return await PostgresClaim.ReadAsync(reader, claim, cancellation);
    }

    public bool HasDays => true;

    public Task KeepPartitionsAsync(DateTimeOffset now, int daysAhead, CancellationToken cancellation) => _partitions.EnsureAheadAsync(now, daysAhead, cancellation);

    public async Task<IReadOnlyList<(JobId First, JobId End)>> EndedDaysAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        // A submission that began before midnight may still be on its way: yesterday stays.
        var yesterday = TaskPartition.Of(now.AddDays(-1));
        var ended = new List<(JobId, JobId)>();
        foreach (var partition in await _partitions.AllAsync(cancellation))
        {
            if (partition.Day >= yesterday.Day) continue;
            var (first, end) = (new JobId(partition.First), new JobId(partition.End));
            await using var db = CreateDbContext();
            var isNeeded = await db.Jobs.IgnoreQueryFilters().AnyAsync(
                job => job.Id >= first && job.Id < end && (job.PurgedAt == null || job.DeleteAfter != null), cancellation);
            if (!isNeeded) ended.Add((first, end));
        }

        return ended;
    }

    public Task DropDayAsync(JobId first, CancellationToken cancellation) => _partitions.DropAsync(TaskPartition.Of(first), cancellation);

    public bool IsUniqueViolation(DbUpdateException error) =>
        error.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    public bool IsUnavailable(Exception error) => PostgresConnection.IsUnavailable(error);

    public void GiveUpSpoilt(Exception error)
    {
        // Of all, because an error does not say which connection it is of. Those in use are closed when they come back.
        if (PostgresConnection.HasLostStatements(error)) Source.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        _writer.Dispose();
    }

    public void Dispose()
    {
        Source.Dispose();
        _writer.Dispose();
    }
}
