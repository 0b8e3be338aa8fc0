using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>What follows a failed attempt; pure.</summary>
/// <remarks>
/// A permanent failure ends the task at once: the recipe is bad wherever it runs. The exception is a checkpoint that this worker does not
/// hold or cannot read, since another may. A transient failure is tried again, on another worker where there is one, after a wait that doubles,
/// until the attempts are used up. What no task can have caused is not charged for as long as there is reason to believe that it passes:
/// a task waits out a store that refuses its workers, and ends by it when it was refused again and again.
/// </remarks>
internal static class RetryPolicy
{
    /// <summary>Longest wait a worker may wish for.</summary>
    public static readonly TimeSpan MaxWish = TimeSpan.FromMinutes(10);

    /// <summary>The wait before the next attempt; null when the task has failed for good.</summary>
    /// <param name="failure">What went wrong.</param>
    /// <param name="charged">Attempts charged so far, this one included; from 1.</param>
    /// <param name="options">Attempts allowed, and the waits.</param>
    public static TimeSpan? Next(AttemptFailure failure, int charged, CoordinatorOptions options)
    {
        var mayHelp = failure.Retryable || failure.Code is FailureCodes.UnknownCheckpoint or FailureCodes.CheckpointUnreadable;
        return mayHelp && charged < options.MaxAttempts ? Wait(failure, charged, options) : null;
    }

    /// <summary>The wait before the next attempt after one that nobody is charged for; null when it is charged.</summary>
    /// <param name="failure">What went wrong.</param>
    /// <param name="refusals">Such attempts of the task before it, since its latest retry; from 0.</param>
    /// <param name="options">How many such attempts there may be, and the waits.</param>
    public static TimeSpan? NextUncharged(AttemptFailure failure, int refusals, CoordinatorOptions options) =>
        WorkerStanding.IsOfSurroundings(failure.Code) && refusals < options.MaxRescues ? Wait(failure, refusals + 1, options) : null;

    private static TimeSpan Wait(AttemptFailure failure, int tries, CoordinatorOptions options)
    {
        var doubled = options.RetryBackoff * Math.Pow(2, Math.Min(tries - 1, 30));
        var wait = doubled < options.MaxRetryBackoff ? doubled : options.MaxRetryBackoff;
        var wish = failure.RetryAfter ?? TimeSpan.Zero;
        if (wish > MaxWish) wish = MaxWish;
        return wish > wait ? wish : wait;
    }
}
