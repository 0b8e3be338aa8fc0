using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Reports;

/// <summary>What to do with a report.</summary>
internal enum Verdict
{
    /// <summary>Apply it.</summary>
    Accept,

    /// <summary>Accept it once the object store has confirmed that the image is there.</summary>
    Confirm,

    /// <summary>Stale: log it and leave the record as it is.</summary>
    Refuse,
}

/// <summary>A verdict and, for a refusal, the sentence that goes to the log.</summary>
internal readonly record struct Ruling(Verdict Verdict, string? Reason = null);

/// <summary>
/// Which reports count; pure. The first success of a task wins, whichever run it comes from, while the task has not ended; one from a
/// run that is not the current one must be confirmed by the object store. None counts that has another profile than its job is pinned to:
/// a rescued run's job may have gone on elsewhere, and a command may have been taken by a later process of its worker on another device.
/// Everything else counts only from the run that the record holds.
/// </summary>
internal static class ReportRules
{
    /// <summary>Judges a report against the task as it is.</summary>
    public static Ruling Judge(RenderTask? task, RenderJob? job, Report report)
    {
        if (task is null) return Refuse("the record has no such task");
        if (job is null) return Refuse("its job is past its retention and being deleted");
        if (TaskStatuses.IsEnded(task.Status)) return Refuse($"the task has ended as {task.Status}");
        if (report.Attempt.Number < 1 || report.Attempt.Number > task.Attempt)
            return Refuse($"the record has made {task.Attempt} attempts and never this one");
        var isHeld = task.Holds(report.Attempt, report.Run);
        if (report is SuccessReport success)
        {
            return job.Takes(success.Image.Profile)
                ? new Ruling(isHeld ? Verdict.Accept : Verdict.Confirm)
                : Refuse($"the image comes from {success.Image.Profile}, and its job is pinned to {job.PinnedProfile}");
        }

        if (!isHeld)
            return Refuse($"the record holds attempt {task.Attempt}{(task.Run is { } run ? $" run {run}" : "")} and the task is {task.Status}");
        return report is StartReport && Transitions.Refusal(task.Status, TaskEvent.Started) is { } refusal
            ? Refuse(refusal)
            : new Ruling(Verdict.Accept);
    }

    /// <summary>Whether the object store has the image that a report names: as many bytes, and the same, where the store knows a checksum.</summary>
    /// <param name="head">What the store has under the image's key; null for nothing.</param>
    /// <param name="image">What was reported.</param>
    public static bool Confirms(ObjectHead? head, StoredImage image) =>
        head is not null && head.SizeBytes == image.SizeBytes && (head.Sha256 is null || string.Equals(head.Sha256, image.Sha256, StringComparison.OrdinalIgnoreCase));

    private static Ruling Refuse(string reason) => new(Verdict.Refuse, reason);
}
