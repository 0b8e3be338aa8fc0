using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Jobs.Trailing;

namespace RenderFarm.Coordinator.Jobs;

/// <summary>
/// One image of a job (table <c>tasks</c>, primary key job and index, no foreign keys). Holds what differs and what happened; what to
/// render is computed by <see cref="JobPlanner"/>. The row is also the outbox: a message only says that it has changed.
/// </summary>
internal sealed class RenderTask
{
    /// <summary>The job. Never changes.</summary>
    public required JobId Job { get; init; }

    /// <summary>Place within the job, from 0. Never changes.</summary>
    public required int Index { get; init; }

    /// <summary>Cost in pixel-steps. Never changes.</summary>
    public required long Cost { get; init; }

    /// <summary>One of <see cref="TaskStatuses"/>; <c>queued</c> at first; changed by <see cref="Transitions"/> alone.</summary>
    public string Status { get; internal set; } = TaskStatuses.Queued;

    /// <summary>Number of the latest attempt: the fencing token. 0 before the first; raised by each claim, never lowered.</summary>
    public int Attempt { get; private set; }

    /// <summary>Attempts charged; 0 at first. Raised by each claim, lowered when an attempt is handed back, rescued or failed by its worker's surroundings, reset by a retry.</summary>
    public int Charged { get; private set; }

    /// <summary>
    /// Since when it is a suspect: it was running on a worker that died, and runs alone until it survives or is proved guilty. Null at first;
    /// set by a death, cleared when a run of it ends with a living worker. A retry keeps it.
    /// </summary>
    public DateTimeOffset? SuspectSince { get; private set; }

    /// <summary>How often its worker died while this task ran there alone; 0 at first, reset by a retry.</summary>
    public int DeathsAlone { get; private set; }

    /// <summary>How often a run of it was lost with nobody charged; 0 at first, reset by a retry.</summary>
    public int Rescues { get; private set; }

    /// <summary>
    /// Attempts that its workers' surroundings failed with nobody charged: a store that refused, a disk that was full. 0 at first, raised by each such
    /// failure, reset by a retry. Counted by itself: what <see cref="Attempt"/> has beyond <see cref="Charged"/> is also what was handed back, lost, or made before a retry.
    /// </summary>
    public int Refusals { get; private set; }

    /// <summary>Heartbeats since the publish that did not list the attempt; 0 at each claim and each publish.</summary>
    public int MissedHeartbeats { get; set; }

    /// <summary>Worker of the latest attempt; null before the first.</summary>
    public string? Worker { get; private set; }

    /// <summary>Device of the latest attempt; null before the first.</summary>
    public string? Device { get; private set; }

    /// <summary>Run that started or was accepted; null from the claim until the worker says it started.</summary>
    public RunId? Run { get; private set; }

    /// <summary>When the lease expires; null unless the task is dispatched or running. Set by the claim, moved by heartbeats.</summary>
    public DateTimeOffset? LeaseExpiresAt { get; set; }

    /// <summary>Not to be dispatched before this time, after a failure; null for no wait.</summary>
    public DateTimeOffset? NotBefore { get; private set; }

    /// <summary>Worker of the latest attempt that failed or was lost, which others are preferred to; null when none was.</summary>
    public string? AvoidWorker { get; private set; }

    /// <summary>When the latest run entered an engine slot; null before.</summary>
    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>When the task ended; null while it has not.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>Event number of the end, from the job's counter; null while the task has not ended.</summary>
    public long? EndedSeq { get; private set; }

    /// <summary>Key of the image; null unless completed.</summary>
    public string? ObjectKey { get; private set; }

    /// <summary>SHA-256 of the file in hexadecimal digits; null unless completed.</summary>
    public string? Sha256 { get; private set; }

    /// <summary>Length of the file; null unless completed.</summary>
    public long? SizeBytes { get; private set; }

    /// <summary>From the engine slot to the finished pixels; null unless completed.</summary>
    public long? RenderMs { get; private set; }

    /// <summary>Execution profile of the image; null unless completed.</summary>
    public string? Profile { get; private set; }

    /// <summary>Whether the checkpoint's safety checker holds the image to be unsafe; null unless completed, and where there is no checker.</summary>
    public bool? SafetyFlag { get; private set; }

    /// <summary>The checker's score, above 0 for unsafe; null where <see cref="SafetyFlag"/> is.</summary>
    public double? SafetyScore { get; private set; }

    /// <summary>Code of the failure; null unless failed.</summary>
    public string? FailureCode { get; private set; }

    /// <summary>Sentence of the failure; null unless failed.</summary>
    public string? FailureDetail { get; private set; }

    /// <summary>Whether it must run alone.</summary>
    public bool IsSuspect => SuspectSince is not null;

    /// <summary>The latest attempt.</summary>
    public AttemptId AttemptId => new(Job, Index, Attempt);

    /// <summary>Whether the record holds this run: the latest attempt, and no other run of it has started.</summary>
    public bool Holds(AttemptId attempt, RunId run) =>
        LeaseExpiresAt is not null && attempt.Number == Attempt && (Run is null || Run == run);

    /// <summary>A claim as the claiming statement writes it.</summary>
    public void Claim(RenderJob job, string worker, string device, DateTimeOffset leaseExpiresAt)
    {
        Transitions.Apply(job, this, TaskEvent.Claimed);
        Attempt++;
        Charged++;
        MissedHeartbeats = 0;
        (Worker, Device, Run, NotBefore, StartedAt) = (worker, device, null, null, null);
        LeaseExpiresAt = leaseExpiresAt;
    }

    /// <summary>A worker took it into a slot.</summary>
    public void Start(RenderJob job, RunId run, DateTimeOffset now)
    {
        Transitions.Apply(job, this, TaskEvent.Started);
        Run = run;
        StartedAt = now;
    }

    /// <summary>The image is there. A job that was free, because all its runs had been lost or handed back, is pinned by it.</summary>
    public void Complete(RenderJob job, RunId run, string worker, StoredImage image, DateTimeOffset now)
    {
        job.Pin(image.Profile);
        End(job, TaskEvent.Succeeded, now);
        (Run, Worker, SuspectSince) = (run, worker, null);
        (ObjectKey, Sha256, SizeBytes) = (image.ObjectKey, image.Sha256, image.SizeBytes);
        (RenderMs, Profile) = (image.RenderMilliseconds, image.Profile);
        (SafetyFlag, SafetyScore) = (image.SafetyFlag, image.SafetyScore);
    }

    /// <summary>Ends it with a named reason.</summary>
    public void GiveUp(RenderJob job, string code, string detail, DateTimeOffset now)
    {
        End(job, TaskEvent.GaveUp, now);
        (FailureCode, FailureDetail) = (code, detail);
    }

    /// <summary>Back to the backlog after an attempt that failed. Its worker lived to tell, so suspicion ends.</summary>
    /// <param name="job">Its job.</param>
    /// <param name="notBefore">Earliest next dispatch; null for at once.</param>
    /// <param name="isCharged">Whether the attempt counts; one that does not is a refusal.</param>
    public void TryAgain(RenderJob job, DateTimeOffset? notBefore, bool isCharged = true)
    {
        Transitions.Apply(job, this, TaskEvent.Requeued);
        if (!isCharged) (Charged, Refusals) = (Charged - 1, Refusals + 1);
        (NotBefore, AvoidWorker, SuspectSince) = (notBefore, Worker, null);
        (LeaseExpiresAt, Run) = (null, null);
    }

    /// <summary>Back to the backlog, and nobody is charged.</summary>
    public void HandBack(RenderJob job)
    {
        Transitions.Apply(job, this, TaskEvent.Requeued);
        Charged--;
        (LeaseExpiresAt, Run) = (null, null);
    }

    /// <summary>What it is in the light of its job: its own status, unless its row trails a change of the job as a whole (<see cref="TrailingTasks"/>).</summary>
    public string StatusIn(RenderJob job)
    {
        var status = Status == TaskStatuses.Failed && EndedSeq <= job.RetriedSeq ? Transitions.Of(TaskEvent.Retried).To : Status;
        return status == TaskStatuses.Queued && job.CanceledSeq is not null ? Transitions.Of(TaskEvent.Canceled).To : status;
    }

    /// <summary>Follows a change of its job as a whole, as the statements of <see cref="TrailingTasks"/> write it. The job has counted it already.</summary>
    public void CatchUp(RenderJob job)
    {
        if (Status == TaskStatuses.Failed && EndedSeq <= job.RetriedSeq) Retry();
        if (Status == TaskStatuses.Queued && job.CanceledSeq is not null) Cancel(job);
    }

    /// <summary>Ends it with its job, which was canceled.</summary>
    public void Cancel(RenderJob job)
    {
        Transitions.Follow(this, TaskEvent.Canceled);
        (LeaseExpiresAt, EndedAt, EndedSeq) = (null, job.EndedAt, job.CanceledSeq + Index);
    }

    /// <summary>Counts a run that was lost through no proved fault of this task, and prefers another worker for the next.</summary>
    /// <returns>Lost runs so far.</returns>
    public int CountLoss()
    {
        AvoidWorker = Worker;
        return ++Rescues;
    }

    /// <summary>Its worker died under it. From now on it runs alone; if it was alone already, the death counts against it.</summary>
    /// <returns>Deaths so far while it ran alone.</returns>
    public int Accuse(DateTimeOffset now)
    {
        if (IsSuspect) DeathsAlone++;
        SuspectSince ??= now;
        return DeathsAlone;
    }

    // With all its attempts. Suspicion stays: whoever asks again harms nobody else.
    private void Retry()
    {
        Transitions.Follow(this, TaskEvent.Retried);
        (Charged, DeathsAlone, Rescues, Refusals) = (0, 0, 0, 0);
        (NotBefore, EndedAt, EndedSeq, FailureCode, FailureDetail) = (null, null, null, null, null);
    }

    private void End(RenderJob job, TaskEvent happened, DateTimeOffset now)
    {
        Transitions.Apply(job, this, happened);
        EndedAt = now;
        EndedSeq = job.TakeSeq();
        LeaseExpiresAt = null;
        job.CostEnded += Cost;
    }
}
