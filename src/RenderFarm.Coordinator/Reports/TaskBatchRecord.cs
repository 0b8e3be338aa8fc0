using Microsoft.EntityFrameworkCore;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Reports;

/// <summary>A batch's way from and to the record.</summary>
internal static class TaskBatchRecord
{
    /// <summary>Reads the jobs of tracked tasks, and lets rows that trail a change of their job follow first.</summary>
    public static async Task LoadAsync(this TaskBatch batch, FarmRecord record, FarmDbContext db, IReadOnlyCollection<RenderTask> tasks, CancellationToken cancellation)
    {
        var ids = tasks.Select(task => task.Job).Distinct().Where(id => !batch.Has(id)).ToArray();
        if (ids.Length > 0) foreach (var job in await record.FindJobsAsync(db, ids, cancellation)) batch.Add(job);
        foreach (var task in tasks.Where(task => batch.Has(task.Job))) task.CatchUp(batch.JobOf(task));
    }

    /// <summary>Ends the jobs that are done and hands the batch's failures to the record. Once per batch, at its end.</summary>
    public static void Finish(this TaskBatch batch, FarmDbContext db)
    {
        batch.RollUp();
        db.Failures.AddRange(batch.Failures);
    }
}
