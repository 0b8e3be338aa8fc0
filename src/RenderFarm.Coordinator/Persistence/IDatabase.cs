using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>What differs between databases, and nothing else: everything above speaks EF Core.</summary>
internal interface IDatabase : IDbContextFactory<FarmDbContext>
{
    /// <summary>Where the record is, for messages: without user and password.</summary>
    string Place { get; }

    /// <summary>
    /// Brings the record to its present shape. Safe to call from several processes at once: one migrates and the others wait for it.
    /// </summary>
    /// <exception cref="RecordException">The record has the shape of a newer version.</exception>
    Task MigrateAsync(CancellationToken cancellation);

    /// <summary>Whether the database lets only one transaction write at a time.</summary>
    bool HasSingleWriter { get; }

    /// <summary>A turn to write among the writers of this process.</summary>
    Task<IDisposable> EnterWriteAsync(CancellationToken cancellation);

    /// <summary>
    /// A turn to write among all processes that share the record, within the context's transaction and until its end: what is read after
    /// it stays true until the commit.
    /// </summary>
    Task TakeTurnAsync(FarmDbContext db, CancellationToken cancellation);

    /// <summary>Whether an epoch of leadership still holds; within a transaction it then holds until its end.</summary>
    Task<bool> HoldsEpochAsync(FarmDbContext db, long epoch, CancellationToken cancellation);

    /// <summary>Inserts the queued tasks of a job within the context's transaction, without making an object of each.</summary>
    Task InsertTasksAsync(FarmDbContext db, JobId job, IEnumerable<CostStretch> stretches, CancellationToken cancellation);

    /// <summary>Tracked tasks by job and index; those that are not there are left out.</summary>
    async Task<List<RenderTask>> FindTasksAsync(FarmDbContext db, IReadOnlyCollection<(JobId Job, int Index)> keys, CancellationToken cancellation)
    {
        var found = new List<RenderTask>();
        foreach (var ofJob in keys.GroupBy(key => key.Job))
        {
            var indices = ofJob.Select(key => key.Index).Distinct().ToArray();
            found.AddRange(await db.Tasks.Where(task => task.Job == ofJob.Key && indices.Contains(task.Index)).ToListAsync(cancellation));
        }

        return found;
    }

    /// <summary>Tracked jobs by id; those that are not there are left out.</summary>
    Task<List<RenderJob>> FindJobsAsync(FarmDbContext db, IReadOnlyCollection<JobId> jobs, CancellationToken cancellation) =>
        db.Jobs.Where(job => jobs.Contains(job.Id)).ToListAsync(cancellation);

    /// <summary>Writes what was done to tracked rows, within the context's transaction. The last thing to be done with the context.</summary>
    Task SaveAsync(FarmDbContext db, CancellationToken cancellation) => db.SaveChangesAsync(cancellation);

    /// <summary>Jobs with queued tasks that have begun, paused ones too.</summary>
    IQueryable<RenderJob> Begun(FarmDbContext db) => db.Jobs.Where(job => job.Status == JobStatuses.Active && job.TasksQueued > 0);

    /// <summary>
    /// Jobs that have not begun and are not paused: the first by id of each tenant, priority and need, of which the range of the largest image's size is a part. Equal
    /// parts of so many in all, and no fewer than so many of each.
    /// </summary>
    IQueryable<RenderJob> FirstQueued(FarmDbContext db, int inAll, int ofEach, SizeLimits limits);

    /// <summary>Queued tasks that are due, by index.</summary>
    Task<List<PeekedTask>> PeekAsync(Peek peek, CancellationToken cancellation);

    /// <summary>
    /// Claims tasks and books the claims on their jobs, in one transaction. Tasks that are no longer queued are left out, and those for a worker
    /// that has left, was lost or was drained meanwhile, and those of a job that was paused or pinned to another profile than the device's; with an epoch
    /// that does not hold any more, and while the farm is paused, all are.
    /// </summary>
    Task<List<ClaimedTask>> ClaimAsync(Claim claim, CancellationToken cancellation);

    /// <summary>Whether tasks are kept by day of submission, so that a day can be dropped.</summary>
    bool HasDays => false;

    /// <summary>Makes room for the jobs of today and of some days ahead.</summary>
    Task KeepPartitionsAsync(DateTimeOffset now, int daysAhead, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Days before yesterday all of whose jobs have lost their images: the least id of each, and of the day after.</summary>
    Task<IReadOnlyList<(JobId First, JobId End)>> EndedDaysAsync(DateTimeOffset now, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<(JobId First, JobId End)>>([]);

    /// <summary>Drops the tasks of the day of an id.</summary>
    Task DropDayAsync(JobId first, CancellationToken cancellation) => throw new NotSupportedException("This record keeps all tasks in one table.");

    /// <summary>Whether a refused write broke a unique index: somebody else wrote the same key first.</summary>
    bool IsUniqueViolation(DbUpdateException error);

    /// <summary>Whether an error says that the database cannot be reached or cannot answer now, so that another try may succeed.</summary>
    bool IsUnavailable(Exception error);

    /// <summary>Sees to it that a connection which an error has spoilt is given to nobody again; nothing for other errors.</summary>
    void GiveUpSpoilt(Exception error);
}

/// <summary>Asks for queued tasks of a job.</summary>
/// <param name="Job">The job.</param>
/// <param name="After">Only tasks with a greater index.</param>
/// <param name="FreshAfter">No task up to this index waits for its first attempt: none needs to be looked at for that.</param>
/// <param name="Count">Most tasks to return.</param>
/// <param name="Now">Tasks that wait out a failure until after this time are left out.</param>
internal sealed record Peek(JobId Job, int After, int FreshAfter, int Count, DateTimeOffset Now);

/// <summary>A queued task.</summary>
internal sealed record PeekedTask(int Index, long Cost, string? AvoidWorker, int Attempt);

/// <summary>What to claim.</summary>
/// <param name="Allotments">Tasks and the devices they go to; of one job all to devices of one profile if it is reproducible.</param>
/// <param name="Epoch">Epoch of the leadership that claims.</param>
/// <param name="Now">The time of the claim.</param>
/// <param name="LeaseExpiresAt">When the leases expire.</param>
internal sealed record Claim(IReadOnlyList<Allotment> Allotments, long Epoch, DateTimeOffset Now, DateTimeOffset LeaseExpiresAt);
