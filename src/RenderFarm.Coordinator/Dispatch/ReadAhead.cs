using RenderFarm.Contracts;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>
/// Queued tasks that were read and not yet claimed, by job. A round takes few tasks of each of many jobs, so most rounds find here what they need and ask
/// the record for nothing; pure but for the clock. Used by one loop at a time.
/// </summary>
/// <remarks>
/// A job's row counts its queued tasks, and every round reads it: as long as the count is the one that reading and own claims have left, nothing has come
/// back and nothing has gone. A task that waits out a failure is counted before it is due; where one may be among them, what was read holds for
/// <see cref="Lifetime"/> alone. Being wrong costs nothing but a task that a claim leaves out.
/// </remarks>
internal sealed class ReadAhead(TimeProvider clock)
{
    /// <summary>Tasks to read of a job at a time.</summary>
    public const int Size = 128;

    /// <summary>How long what was read of a job holds that has tasks which were not read.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    private readonly Dictionary<JobId, int> _queued = [];
    private readonly Dictionary<JobId, Page> _pages = [];

    /// <summary>What the record says now: the waiting jobs with their queued tasks. Others are forgotten.</summary>
    public void Count(IEnumerable<(JobId Job, int Queued)> waiting)
    {
        _queued.Clear();
        foreach (var (job, queued) in waiting) _queued[job] = queued;
        foreach (var job in _pages.Where(page => _queued.GetValueOrDefault(page.Key) != page.Value.Queued).Select(page => page.Key).ToList()) _pages.Remove(job);
    }

    /// <summary>Keeps what was read of a job from its first queued task on.</summary>
    /// <param name="job">The job.</param>
    /// <param name="tasks">Its due tasks by index.</param>
    /// <param name="isAll">Whether there are no more.</param>
    public void Keep(JobId job, IReadOnlyList<PeekedTask> tasks, bool isAll)
    {
        if (_queued.TryGetValue(job, out var queued)) _pages[job] = new Page([.. tasks], isAll, queued, clock.GetTimestamp());
    }

    /// <summary>The next tasks of a job after an index, fewer than asked for when there are no more; null when the record must be asked.</summary>
    public List<PeekedTask>? Find(JobId job, int after, int count)
    {
        if (!_pages.TryGetValue(job, out var page)) return null;
        if (!(page.IsAll && page.Tasks.Count == page.Queued) && clock.GetElapsedTime(page.ReadAt) >= Lifetime) return null;
        var found = page.Tasks.Where(task => task.Index > after).Take(count).ToList();
        return found.Count == count || page.IsAll ? found : null;
    }

    /// <summary>What became of allotted tasks: those that were claimed wait no more, and a job of which one was left out is read anew.</summary>
    public void Claimed(IEnumerable<Allotment> allotments, IReadOnlyCollection<ClaimedTask> claimed)
    {
        var taken = claimed.ToLookup(task => task.Job.Id, task => task.Index);
        foreach (var ofJob in allotments.GroupBy(allotment => allotment.Job.Id))
        {
            if (!_pages.TryGetValue(ofJob.Key, out var page)) continue;
            var indices = taken[ofJob.Key].ToHashSet();
            if (indices.Count < ofJob.Sum(allotment => allotment.Indices.Count)) _pages.Remove(ofJob.Key);
            else _pages[ofJob.Key] = page with { Tasks = page.Tasks.FindAll(task => !indices.Contains(task.Index)), Queued = page.Queued - indices.Count };
        }
    }

    /// <summary>Forgets everything: nobody knows what a claim that failed has done.</summary>
    public void Clear() => _pages.Clear();

    private sealed record Page(List<PeekedTask> Tasks, bool IsAll, int Queued, long ReadAt);
}
