using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Coordinator.Workers;

/// <summary>What a worker may be given.</summary>
internal enum WorkerDuty
{
    /// <summary>All that it has room for.</summary>
    Full,

    /// <summary>One task, to see whether it works again.</summary>
    Trial,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>
/// Whether a worker can be trusted; pure. It is judged by different tasks that failed there through a fault of the worker: never by bad
/// recipes, never by a store or a bus that was away, and never by a task that failed on another worker too, since then the task is the
/// cause. Enough of them, with fewer images than faults in between, put it into quarantine; after a cool-down one task is tried, and an
/// image sets it free. What surrounds a worker, its credentials at the store or its disk, is never a task's doing: no other worker's
/// failure pardons it, and its quarantine holds even when all workers are in one, so that a store that refuses all of them is asked by
/// a task of each now and then and not by the whole backlog.
/// </summary>
/// <remarks>
/// Limitations: a worker's death is judged by poison alone, because a task that kills workers would put them all into quarantine; running
/// out of memory is held to be the task's size.
/// </remarks>
internal static class WorkerStanding
{
    // As many images as end the memory of a few faults: what comes seldomer than this is not worth a quarantine.
    private const int Forgiven = 20;

    // An hour at most, whatever the cool-down is: the trial costs one attempt of one task.
    private static readonly TimeSpan MaxCoolDown = TimeSpan.FromHours(1);

    // People mend what surrounds a worker, often for all at once, and then the farm should not stand still for long.
    private static readonly TimeSpan MaxCoolDownOfSurroundings = TimeSpan.FromMinutes(10);

    /// <summary>Whether a failure speaks against the worker.</summary>
    public static bool IsWorkerFault(string code) =>
        code is FailureCodes.EngineFailed or FailureCodes.EngineStuck or FailureCodes.CheckpointUnreadable or FailureCodes.UnknownUpscaler || IsOfSurroundings(code);

    /// <summary>Whether a failure comes from what surrounds the worker, which no task can have caused.</summary>
    public static bool IsOfSurroundings(string code) => code is FailureCodes.StoreRefused or FailureCodes.CacheFailed;

    /// <summary>How a failure stands among <see cref="FarmWorker.Faults"/>.</summary>
    /// <param name="task">The task as <c>job/index</c>.</param>
    /// <param name="code">Why it failed.</param>
    public static string FaultOf(string task, string code) => IsOfSurroundings(code) ? $"{code} {task}" : task;

    /// <summary>Whether its latest fault was its surroundings': it gets nothing but trials, also when every worker is in quarantine.</summary>
    public static bool IsWithheld(FarmWorker worker) =>
        worker.TrialAt is not null && worker.Faults.Count > 0 && IsOfSurroundings(worker.Faults[^1].Split(' ')[0]);

    /// <summary>What the worker may be given now.</summary>
    public static WorkerDuty DutyOf(FarmWorker worker, DateTimeOffset now)
    {
        if (worker.DrainedAt is not null) return WorkerDuty.None;
        if (worker.TrialAt is not { } trial) return WorkerDuty.Full;
        return now >= trial ? WorkerDuty.Trial : WorkerDuty.None;
    }

    /// <summary>A task failed there by a fault of the worker.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="fault">As <see cref="FaultOf"/> says it.</param>
    /// <param name="detail">What the worker said.</param>
    /// <param name="now">The time.</param>
    /// <param name="options">How many faults are too many, and the cool-down.</param>
    /// <returns>True when it is put into quarantine by this.</returns>
    public static bool Fault(FarmWorker worker, string fault, string detail, DateTimeOffset now, CoordinatorOptions options)
    {
        if (worker.Faults is not [.., var latest] || latest != fault) worker.Faults = [.. worker.Faults.Where(other => other != fault).TakeLast(Most(options) - 1), fault];
        var failedTrial = worker.TrialAt is { } trial && now >= trial;
        var isBad = worker.Faults.Count >= options.QuarantineFaults && worker.SuccessesSinceFault < worker.Faults.Count;
        if (!failedTrial && !(isBad && worker.TrialAt is null)) return false;
        var coolDown = options.QuarantineCoolDown * Math.Pow(2, Math.Min(worker.Quarantines, 16));
        var most = IsOfSurroundings(fault.Split(' ')[0]) ? MaxCoolDownOfSurroundings : MaxCoolDown;
        worker.Quarantines++;
        worker.TrialAt = now + (coolDown < most ? coolDown : most);
        worker.QuarantineReason = failedTrial
            ? $"The trial after its quarantine failed: {detail}"
            : $"{worker.Faults.Count} different tasks failed on it and {worker.SuccessesSinceFault} succeeded; the last one said: {detail}";
        return true;
    }

    /// <summary>An image came from it.</summary>
    public static void Success(FarmWorker worker, DateTimeOffset now)
    {
        if (worker.TrialAt is { } trial)
        {
            // A run from before the quarantine proves little; one after the cool-down is the trial.
            if (now >= trial) Release(worker);
            return;
        }

        if (worker.Faults.Count == 0) return;
        if (++worker.SuccessesSinceFault >= Forgiven) Release(worker);
    }

    /// <summary>
    /// The task failed elsewhere too: it says nothing about this worker any more, and ends a quarantine that came of such tasks. One whose trial failed has more
    /// against it than what is left, unless nothing is.
    /// </summary>
    public static void Pardon(FarmWorker worker, string task, CoordinatorOptions options)
    {
        if (!worker.Faults.Contains(task)) return;
        worker.Faults = [.. worker.Faults.Where(fault => fault != task)];
        if (worker.Faults.Count == 0) Release(worker);
        else if (worker.Faults.Count < options.QuarantineFaults && worker.Quarantines == 1) (worker.QuarantineReason, worker.TrialAt, worker.Quarantines) = (null, null, 0);
    }

    /// <summary>It was started anew, with other credentials perhaps: one task is tried at once, where its surroundings were to blame.</summary>
    public static void Restart(FarmWorker worker, DateTimeOffset now)
    {
        if (IsWithheld(worker) && worker.TrialAt > now) worker.TrialAt = now;
    }

    // Beyond these they decide nothing, and a worker that is the only one may fail a million tasks.
    private static int Most(CoordinatorOptions options) => Math.Max(options.QuarantineFaults, Forgiven);

    /// <summary>Starts it with a clean slate.</summary>
    public static void Release(FarmWorker worker)
    {
        if (worker.Faults.Count > 0) worker.Faults = [];
        (worker.SuccessesSinceFault, worker.QuarantineReason, worker.TrialAt, worker.Quarantines) = (0, null, null, 0);
    }
}
