using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Hosting.Background;

namespace RenderFarm.Coordinator.Jobs.Trailing;

/// <summary>
/// Lets the rows of canceled and retried jobs follow, part by part, and everyone else write in between (<see cref="TrailingTasks"/>). A coordinator does it for
/// the requests that it took; the leader also for whatever another one left behind. Two that work on one job at once do no part twice.
/// </summary>
internal sealed class TrailingTaskWriter(
    FarmRecord record,
    JobEventHub events,
    Dispatcher dispatcher,
    ILeadership leadership,
    TimeProvider clock,
    ILogger<TrailingTaskWriter> logger) : FarmLoop(LooksApart, clock, logger)
{
    // Between two looks for what a coordinator that is gone has left; one that is there says what it has begun.
    private static readonly TimeSpan LooksApart = TimeSpan.FromSeconds(5);

    private readonly ConcurrentQueue<JobId> _begun = new();

    /// <summary>A job was changed as a whole, and rows of it trail.</summary>
    public void Begin(JobId job)
    {
        _begun.Enqueue(job);
        Wake();
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        leadership.Gained += Wake;
        return base.StartAsync(cancellationToken);
    }

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        var jobs = new HashSet<JobId>();
        while (_begun.TryDequeue(out var begun)) jobs.Add(begun);
        if (leadership.Epoch is not null) jobs.UnionWith(await LeftAsync(stopping));
        foreach (var job in jobs) await FollowAsync(job, stopping);
        return false;
    }

    private Task<List<JobId>> LeftAsync(CancellationToken stopping) => record.ReadAsync(
        db => db.Jobs.Where(job => job.CanceledSeq != null || job.RetriedSeq != null).OrderBy(job => job.Id).Select(job => job.Id).ToListAsync(stopping), stopping);

    private async Task FollowAsync(JobId job, CancellationToken stopping)
    {
        for (int? next = 0; next is { } from;)
        {
            next = await record.WriteAsync(db => TrailingTasks.FollowAsync(db, job, from, stopping), stopping);
            dispatcher.Wake();
        }

        events.Changed([job]);
    }
}
