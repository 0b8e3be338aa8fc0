using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs.Trailing;

namespace RenderFarm.Coordinator.Jobs;

/// <summary>
/// What a client submitted (table <c>jobs</c>). Small on purpose: every batch of reports reads and writes it; the settings, which
/// may be megabytes of prompts, are in <see cref="JobSweep"/>.
/// </summary>
internal sealed class RenderJob
{
    /// <summary>UUID of version 7, made at submission; never changes. Sorts by submission.</summary>
    public required JobId Id { get; init; }

    /// <summary>Who pays with fairness: from the trusted header, else <c>default</c>. Never changes.</summary>
    public required string Tenant { get; init; }

    /// <summary>One of <see cref="JobStatuses"/>; <c>queued</c> at first; changed by <see cref="Transitions"/> alone.</summary>
    public string Status { get; internal set; } = JobStatuses.Queued;

    /// <summary>The caller's own name for it; null when none was given. Never changes.</summary>
    public string? Label { get; init; }

    /// <summary>Checkpoint name at submission. Never changes.</summary>
    public required string Model { get; init; }

    /// <summary>Checkpoint digest; what tasks are matched by. Never changes.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Digest of the upscaler that its second passes need; null for none. What tasks are matched by too. Never changes.</summary>
    public string? Upscaler { get; init; }

    /// <summary>Pixels of its largest image, after a second pass: what devices may have a limit for. 0 for a job of a version that did not say it. Never changes.</summary>
    public long Pixels { get; init; }

    /// <summary>One of <see cref="Priorities"/>. Never changes.</summary>
    public required string Priority { get; init; }

    /// <summary>One of <see cref="DeterminismClasses"/>. Never changes.</summary>
    public required string Determinism { get; init; }

    /// <summary>One of <see cref="ImageFormats"/>. Never changes.</summary>
    public required string Format { get; init; }

    /// <summary>Quality of a lossy format, 1…100; null for the format's default. Never changes.</summary>
    public int? Quality { get; init; }

    /// <summary>Execution profile that a reproducible job is pinned to; null before its first dispatch, and always for fast jobs. Set by the claim and by <see cref="Pin"/>.</summary>
    public string? Profile { get; set; }

    /// <summary>The client's <c>Idempotency-Key</c>, unique per tenant; null when none was sent. Cleared when the job is about to be deleted.</summary>
    public string? IdempotencyKey { get; set; }

    /// <summary>SHA-256 of the request's canonical JSON; null when no key was sent. Never changes.</summary>
    public string? RequestFingerprint { get; init; }

    /// <summary>Number of tasks. Never changes.</summary>
    public required int TasksTotal { get; init; }

    /// <summary>Tasks in the backlog; <see cref="TasksTotal"/> at first. The six counts add up to the total and change with the tasks, once per batch.</summary>
    public int TasksQueued { get; private set; }

    /// <summary>Tasks published to a device; 0 at first.</summary>
    public int TasksDispatched { get; private set; }

    /// <summary>Tasks in an engine slot; 0 at first.</summary>
    public int TasksRunning { get; private set; }

    /// <summary>Tasks with an image; 0 at first.</summary>
    public int TasksCompleted { get; private set; }

    /// <summary>Tasks that ended by error; 0 at first.</summary>
    public int TasksFailed { get; private set; }

    /// <summary>Tasks that ended by request; 0 at first.</summary>
    public int TasksCanceled { get; private set; }

    /// <summary>Cost of all tasks in pixel-steps. Never changes.</summary>
    public required long Cost { get; init; }

    /// <summary>Cost of the tasks that have ended; 0 at first. Changed with the tasks.</summary>
    public long CostEnded { get; set; }

    /// <summary>Latest event number given out; 0 at first, grows only. Gaps are legal.</summary>
    public long LastSeq { get; private set; }

    /// <summary>Event number of the job's end; null while it has not ended. Set when it ends, cleared by a retry.</summary>
    public long? EndSeq { get; private set; }

    /// <summary>
    /// Tasks that are still queued are canceled, with this number plus their index as the number of their end; null when every row says so itself. Set by a
    /// cancel, cleared when the rows have followed (<see cref="TrailingTasks"/>).
    /// </summary>
    public long? CanceledSeq { get; private set; }

    /// <summary>
    /// Failed tasks whose end has a number up to this one were asked for again and are queued; null when every row says so itself. Set by a retry, cleared
    /// when the rows have followed (<see cref="TrailingTasks"/>).
    /// </summary>
    public long? RetriedSeq { get; private set; }

    /// <summary>When it was accepted. Never changes.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its first task was dispatched; null before. Set once by the dispatcher.</summary>
    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>When someone paused it; null while it may run. Its queued tasks wait, and running ones finish. Set by pause, cleared by resume.</summary>
    public DateTimeOffset? PausedAt { get; set; }

    /// <summary>When it ended; null while it has not. Cleared by a retry.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>Days after its end until it and its images are deleted; null to keep them. Never changes.</summary>
    public int? RetentionDays { get; init; }

    /// <summary>When it may be deleted; null while it has not ended, and for ever when it is kept. Set when it ends, cleared by a retry and when its images are gone.</summary>
    public DateTimeOffset? DeleteAfter { get; private set; }

    /// <summary>When it went out of sight to be deleted; null before. Its images go next, then its rows; nobody sees the job meanwhile.</summary>
    public DateTimeOffset? PurgedAt { get; private set; }

    /// <summary>The profile its next images must have; null while it is free. A pin holds from the first image on: before it, another profile does as well.</summary>
    public string? PinnedProfile => TasksCompleted + TasksDispatched + TasksRunning == 0 ? null : Profile;

    /// <summary>Whether an image of a profile may join those that it has and those under way.</summary>
    public bool Takes(string profile) => PinnedProfile is not { } pin || pin == profile;

    /// <summary>Pins it to the profile of an image that comes to it, if it is reproducible and free.</summary>
    public void Pin(string profile)
    {
        if (Determinism == DeterminismClasses.Reproducible && PinnedProfile is null) Profile = profile;
    }

    /// <summary>What its next images need from a device.</summary>
    public RenderNeeds Needs => new(Checkpoint, Determinism, PinnedProfile) { Upscaler = Upscaler, Pixels = Pixels };

    /// <summary>Whether rows of tasks still have to follow a change of the job as a whole.</summary>
    public bool HasTrailing => CanceledSeq is not null || RetriedSeq is not null;

    /// <summary>Puts all tasks into the backlog; said once, at submission.</summary>
    public RenderJob WithAllQueued()
    {
        TasksQueued = TasksTotal;
        return this;
    }

    /// <summary>Changes the count of a status.</summary>
    public void Count(string status, int change)
    {
        switch (status)
        {
            case TaskStatuses.Queued: TasksQueued += change; break;
            case TaskStatuses.Dispatched: TasksDispatched += change; break;
            case TaskStatuses.Running: TasksRunning += change; break;
            case TaskStatuses.Completed: TasksCompleted += change; break;
            case TaskStatuses.Failed: TasksFailed += change; break;
            case TaskStatuses.Canceled: TasksCanceled += change; break;
            default: throw new ArgumentOutOfRangeException(nameof(status), status, "No such task status.");
        }
    }

    /// <summary>The next event number.</summary>
    /// <param name="events">How many numbers to take at once.</param>
    public long TakeSeq(int events = 1) => LastSeq += events;

    /// <summary>Marks the first dispatch; later ones change nothing.</summary>
    public void MarkDispatched(DateTimeOffset now)
    {
        if (Status != JobStatuses.Queued) return;
        Transitions.Apply(this, JobEvent.Dispatched);
        StartedAt ??= now;
    }

    /// <summary>Ends the job when its last task has ended.</summary>
    /// <returns>True when it ended by this.</returns>
    public bool RollUp(DateTimeOffset now)
    {
        if (JobStatuses.IsEnded(Status) || TasksCompleted + TasksFailed + TasksCanceled < TasksTotal) return false;
        End(TasksFailed > 0 ? JobEvent.SomeFailed : JobEvent.AllCompleted, now);
        return true;
    }

    /// <summary>Ends the job by an event and gives its end the last number.</summary>
    public void End(JobEvent happened, DateTimeOffset now)
    {
        Transitions.Apply(this, happened);
        EndSeq = TakeSeq();
        EndedAt = now;
        DeleteAfter = RetentionDays is { } days ? now.AddDays(days) : null;
    }

    /// <summary>Ends it by request with all tasks that have not ended; their rows follow.</summary>
    public void Cancel(DateTimeOffset now)
    {
        // Numbers by index leave gaps where tasks had ended before; a gap costs nothing, and no row has to be read for its number.
        CanceledSeq = LastSeq + 1;
        TakeSeq(TasksTotal);
        var (from, to) = Transitions.Of(TaskEvent.Canceled);
        var counts = new Dictionary<string, int> { [TaskStatuses.Queued] = TasksQueued, [TaskStatuses.Dispatched] = TasksDispatched, [TaskStatuses.Running] = TasksRunning };
        foreach (var status in from)
        {
            Count(status, -counts[status]);
            Count(to, counts[status]);
        }

        CostEnded = Cost;
        End(JobEvent.Canceled, now);
    }

    /// <summary>Puts all failed tasks back into the backlog, and opens the job if it had ended; the rows follow.</summary>
    /// <param name="cost">Cost of the failed tasks.</param>
    public void Retry(long cost)
    {
        var legal = Transitions.Of(TaskEvent.Retried);
        var count = TasksFailed;
        Count(legal.From[0], -count);
        Count(legal.To, count);
        CostEnded -= cost;
        RetriedSeq = LastSeq;
        if (Status != JobStatuses.Failed) return;
        Transitions.Apply(this, JobEvent.Retried);
        (EndSeq, EndedAt, DeleteAfter) = (null, null, null);
    }

    /// <summary>No row trails the retry any more; or, where none was asked for, the cancel.</summary>
    public void RowsHaveFollowed()
    {
        if (RetriedSeq is not null) RetriedSeq = null;
        else CanceledSeq = null;
    }

    /// <summary>Takes an ended job out of sight, and frees its idempotency key.</summary>
    public void Hide(DateTimeOffset now)
    {
        if (!JobStatuses.IsEnded(Status)) throw new InvalidOperationException($"Job {Id} is {Status} and cannot be deleted.");
        PurgedAt = now;
        IdempotencyKey = null;
    }

    /// <summary>The object store holds nothing of it any more: only rows are left to delete.</summary>
    public void ImagesAreGone() => DeleteAfter = null;
}
