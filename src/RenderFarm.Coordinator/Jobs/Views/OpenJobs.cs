using Microsoft.EntityFrameworkCore;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Jobs.Views;

/// <summary>Open jobs of one tenant in one priority class.</summary>
internal sealed record Competition(string Tenant, string Priority, int Jobs);

/// <summary>
/// Who shares the fleet, counted once a second at most and by one reader for all who ask: counting reads every open job, and every job that is shown or
/// submitted wants to know, for an estimate that nobody needs to the second. A count that failed is not kept.
/// </summary>
internal sealed class OpenJobs(FarmRecord record, TimeProvider clock)
{
    /// <summary>How long a count is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<List<Competition>>? _count;
    private long _countedAt;

    /// <summary>The open jobs by tenant and class.</summary>
    public Task<List<Competition>> CountAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_count is null || _count.IsFaulted || clock.GetElapsedTime(_countedAt) >= Lifetime) (_count, _countedAt) = (ReadAsync(), clock.GetTimestamp());
            return _count.WaitAsync(cancellation);
        }
    }

    // Beside the gate, since SQLite reads at once; and by nobody's cancellation, since whoever asks first need not wait longest.
    private Task<List<Competition>> ReadAsync() => Task.Run(() => record.ReadAsync(
        db => db.Jobs.Where(job => job.Status == JobStatuses.Queued || job.Status == JobStatuses.Active)
            .GroupBy(job => new { job.Tenant, job.Priority })
            .Select(group => new Competition(group.Key.Tenant, group.Key.Priority, group.Count()))
            .ToListAsync(CancellationToken.None),
        CancellationToken.None));
}
