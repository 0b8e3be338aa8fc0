using Microsoft.EntityFrameworkCore;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Telemetry;

/// <summary>Work of one checkpoint that has not ended, in pixel-steps.</summary>
/// <param name="Name">Name of the checkpoint, as jobs call it.</param>
/// <param name="BacklogCost">Cost of the tasks that wait for a device: not of those that a pause holds back, which no worker could run.</param>
/// <param name="HeldCost">Cost of the tasks that workers hold.</param>
internal sealed record CheckpointWork(string Name, double BacklogCost, double HeldCost);

/// <summary>
/// What the record holds at one moment. Made from the counts in <c>jobs</c>, a row a job, and never from the million rows of <c>tasks</c>: of a job whose
/// tasks differ in cost the split between waiting and held is therefore by count; their sum is exact while nothing is paused.
/// </summary>
/// <param name="Checkpoints">Every checkpoint that a worker ever announced or a waiting job names, those without work at zero.</param>
/// <param name="Tasks">Tasks that have not ended, by status, paused ones among them.</param>
/// <param name="Workers">Workers by status.</param>
internal sealed record RecordReading(
    IReadOnlyList<CheckpointWork> Checkpoints, IReadOnlyDictionary<string, double> Tasks, IReadOnlyDictionary<string, double> Workers)
{
    /// <summary>Takes a reading.</summary>
    public static async Task<RecordReading> TakeAsync(FarmDbContext db, CancellationToken cancellation)
    {
        var isPaused = await FarmControl.PausedAtAsync(db, cancellation) is not null;
        var work = await db.Jobs
            .Where(job => job.Status == JobStatuses.Queued || job.Status == JobStatuses.Active)
            .Where(job => job.TasksQueued + job.TasksDispatched + job.TasksRunning > 0)
            .GroupBy(job => job.Model)
            .Select(jobs => new
            {
                Name = jobs.Key,
                Queued = jobs.Sum(job => (long)job.TasksQueued),
                Dispatched = jobs.Sum(job => (long)job.TasksDispatched),
                Running = jobs.Sum(job => (long)job.TasksRunning),
                Left = jobs.Sum(job => (double)(job.Cost - job.CostEnded)),
                Waiting = jobs.Sum(job =>
                    (double)(job.Cost - job.CostEnded) * job.TasksQueued / (job.TasksQueued + job.TasksDispatched + job.TasksRunning)),
                Paused = jobs.Sum(job => job.PausedAt == null
                    ? 0
                    : (double)(job.Cost - job.CostEnded) * job.TasksQueued / (job.TasksQueued + job.TasksDispatched + job.TasksRunning)),
            })
            .ToListAsync(cancellation);
        var known = await db.Checkpoints.Select(checkpoint => checkpoint.Name).Distinct().ToListAsync(cancellation);
        var workers = await db.Workers.GroupBy(worker => worker.Status)
            .Select(group => new { Status = group.Key, Count = group.Count() })
            .ToListAsync(cancellation);

        var idle = known.Except(work.Select(entry => entry.Name)).Select(name => new CheckpointWork(name, 0, 0));
        return new RecordReading(
            [.. work.Select(entry => new CheckpointWork(
                entry.Name, isPaused ? 0 : Math.Max(0, entry.Waiting - entry.Paused), Math.Max(0, entry.Left - entry.Waiting))), .. idle],
            new Dictionary<string, double>
            {
                [TaskStatuses.Queued] = work.Sum(entry => entry.Queued),
                [TaskStatuses.Dispatched] = work.Sum(entry => entry.Dispatched),
                [TaskStatuses.Running] = work.Sum(entry => entry.Running),
            },
            WithZeros(workers.ToDictionary(entry => entry.Status, entry => (double)entry.Count)));
    }

    // A status without workers is a zero and not a gap: alerts and scaling queries build on it.
    private static Dictionary<string, double> WithZeros(Dictionary<string, double> counts)
    {
        foreach (var status in new[] { WorkerStatuses.Active, WorkerStatuses.Lost, WorkerStatuses.Left }) counts.TryAdd(status, 0);
        return counts;
    }
}
