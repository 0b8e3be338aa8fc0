using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Jobs.Planning;

/// <summary>Planners of jobs, kept after their first use: the settings of a job never change, and may be megabytes to read.</summary>
internal sealed class Planners(FarmRecord record)
{
    // Enough for every job that is being dispatched or watched at a time; the price of forgetting one is a read.
    private const int Kept = 256;
    private readonly ConcurrentDictionary<JobId, JobPlanner> _planners = new();

    /// <summary>The planner of a job that exists.</summary>
    public async Task<JobPlanner> OfAsync(JobId job, CancellationToken cancellation)
    {
        if (_planners.TryGetValue(job, out var known)) return known;
        var planner = await record.ReadAsync(
            async db =>
            {
                var checkpoint = await db.Jobs.Where(row => row.Id == job).Select(row => row.Checkpoint).SingleAsync(cancellation);
                var sweep = await db.Sweeps.SingleAsync(row => row.Job == job, cancellation);
                return new JobPlanner(checkpoint, Parse(sweep));
            },
            cancellation);
        Keep(job, planner);
        return planner;
    }

    /// <summary>Keeps the planner of a job that was just stored: its first task is likely to be dispatched next.</summary>
    public void Keep(JobId job, JobPlanner planner)
    {
        if (_planners.Count >= Kept) _planners.Clear();
        _planners[job] = planner;
    }

    /// <summary>The settings as they were stored.</summary>
    public static SweepView Parse(JobSweep sweep) => JsonSerializer.Deserialize<SweepView>(sweep.Sweep, FarmJson.Options)!;
}
