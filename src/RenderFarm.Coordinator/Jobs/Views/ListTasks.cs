using System.Globalization;
using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Jobs.Trailing;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Jobs.Views;

/// <summary><c>GET /v1/jobs/{id}/tasks</c> and one of them. The cursor is the index of the last task shown.</summary>
internal sealed class ListTasks(FarmRecord record, Planners planners)
{
    /// <summary>One page of tasks by index.</summary>
    public async Task<Page<TaskView>> PageAsync(RenderJob job, Paging paging, CancellationToken cancellation)
    {
        var after = paging.Cursor is { } cursor ? int.Parse(cursor, NumberStyles.None, CultureInfo.InvariantCulture) : -1;
        var found = await record.ReadAsync(
            db =>
            {
                var rows = db.Tasks.Where(task => task.Job == job.Id && task.Index > after);
                if (paging.Status is { } status) rows = rows.WithStatus(job, status);
                return rows.OrderBy(task => task.Index).Take(paging.Limit + 1).ToListAsync(cancellation);
            },
            cancellation);
        foreach (var task in found) task.CatchUp(job);
        var planner = await planners.OfAsync(job.Id, cancellation);
        var shown = found.Take(paging.Limit).Select(task => JobViews.Of(task, planner)).ToList();
        return new Page<TaskView>(shown, shown.Count < found.Count ? shown[^1].Index.ToString(CultureInfo.InvariantCulture) : null);
    }

    /// <summary>One task, which must exist.</summary>
    public async Task<TaskView> FindAsync(RenderJob job, int index, CancellationToken cancellation) =>
        JobViews.Of(await RowAsync(job, index, cancellation), await planners.OfAsync(job.Id, cancellation));

    /// <summary>A task as it is, which must exist: every index below the job's total does.</summary>
    public async Task<RenderTask> RowAsync(RenderJob job, int index, CancellationToken cancellation)
    {
        var task = await record.ReadAsync(db => db.Tasks.SingleAsync(row => row.Job == job.Id && row.Index == index, cancellation), cancellation);
        task.CatchUp(job);
        return task;
    }
}
