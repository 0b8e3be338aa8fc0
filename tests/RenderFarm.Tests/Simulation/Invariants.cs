using System.Runtime.CompilerServices;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Coordinator.Rescue;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Tests.Simulation;

/// <summary>What must hold; the message says what does not.</summary>
internal sealed class InvariantException(string message) : Exception(message);

/// <summary>What must hold after every event of a simulation, whatever happened before.</summary>
internal sealed class Invariants(SimFarm farm, CoordinatorOptions options)
{
    // Two heartbeats with what the bus may do to them.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(8);
    private readonly Dictionary<RenderTask, (string, string?, string?, string?, long?)> _ended = [];
    private readonly Dictionary<string, int> _held = new(StringComparer.Ordinal);

    /// <summary>The rows, all of them.</summary>
    public void Check()
    {
        _held.Clear();
        foreach (var task in farm.Record.Tasks)
        {
            if (task.LeaseExpiresAt is not null) _held[task.Worker!] = _held.GetValueOrDefault(task.Worker!) + 1;
        }

        foreach (var task in farm.Record.Tasks)
        {
            if (TaskStatuses.IsEnded(task.StatusIn(farm.Record.JobOf(task)))) CheckEnd(task);
            CheckLease(task);
            CheckCharges(task);
        }

        foreach (var job in farm.Record.Jobs) CheckCounters(job);
        foreach (var worker in farm.Record.Workers.Values)
        {
            Require(worker.Status == WorkerStatuses.Left || !farm.Ledger.HasLeft(worker.Incarnation), $"worker {worker.Name} has left and is {worker.Status}");
            if (worker.QuarantineReason is { } reason)
                Require(farm.Worker(worker.Name).IsFlaky, $"worker {worker.Name} is in quarantine without having failed anything: {reason}");
        }
    }

    /// <summary>A client asked for the failed tasks of a job again: they may change.</summary>
    public void Retried(JobId job)
    {
        foreach (var task in farm.Record.TasksOf(job).Where(task => task.StatusIn(farm.Record.JobOf(task)) == TaskStatuses.Queued)) _ended.Remove(task);
    }

    /// <summary>A claim was made.</summary>
    public void Claimed(IReadOnlyList<ClaimedTask> claimed, long epoch, bool isDelayed)
    {
        Require(claimed.Count == 0 || epoch == farm.Record.Epoch, $"epoch {epoch} claimed {claimed.Count} tasks while {farm.Record.Epoch} leads");
        Require(claimed.Count == 0 || !farm.Record.IsPaused, $"{claimed.Count} tasks were dispatched while the farm was paused");
        foreach (var claim in claimed)
        {
            var task = farm.Record.TasksOf(claim.Job.Id)[claim.Index];
            Require(farm.Record.JobOf(task).PausedAt is null, $"task {Name(task)} of a paused job was dispatched");
            var pixels = farm.Record.JobOf(task).Pixels;
            Require(!(pixels > SimFarm.PixelsPerImageOf(claim.Worker)), $"task {Name(task)} of {pixels} pixels was dispatched to {claim.Worker}, which takes no more than {SimFarm.PixelsPerImageOf(claim.Worker)}");
            if (isDelayed) continue;
            var others = farm.Record.Fleet(farm.Clock.Now).Where(device =>
                device.Worker != claim.Worker && device.Duty != WorkerDuty.None && (device.Profile == farm.ProfileOf(claim.Worker) || WasFree(claim, claimed)) && device.Takes(pixels));
            Require(task.AvoidWorker != claim.Worker || !others.Any(), $"task {Name(task)} went back to {claim.Worker}, where it failed, though others could take it");
        }
    }

    /// <summary>A report is about to be taken: all but a success speak for the run that the record holds, and for no other.</summary>
    public static void Accepted(Report report, RenderTask task) => Require(
        report is SuccessReport || (report.Attempt == task.AttemptId && (task.Run is null || task.Run == report.Run)),
        $"{report.GetType().Name} of {report.Attempt} run {report.Run} was taken, and the record holds {Name(task)} run {task.Run}");

    /// <summary>The bus was told that a report is dealt with, and forgets it.</summary>
    public void Acknowledged(Report report) => Require(farm.Ledger.WasJudged(report), $"{report.GetType().Name} of {report.Attempt} was acknowledged and never reached the record");

    /// <summary>Silence was judged.</summary>
    public void Silent(Silence silence)
    {
        foreach (var gone in silence.Gone.Where(gone => gone.Status == WorkerStatuses.Active))
            Require(!WasWellFor(gone, options.LeaseDuration + Slack), $"worker {gone.Name} counts as lost, and it was well all the time");
        foreach (var task in silence.Vanished)
        {
            var lists = farm.Worker(task.Worker!).Runs.Exists(run => run.Attempt == task.AttemptId && (task.Run is null || task.Run == run.Id) && farm.Clock.Now - run.TakenAt > options.LeaseDuration + Slack);
            Require(
                !lists || !WasWellFor(farm.Record.Workers[task.Worker!], options.LeaseDuration + Slack),
                $"the lease of {Name(task)} expired at {task.Worker}, which listed it all the time");
        }
    }

    /// <summary>Faults have stopped, and there was time enough.</summary>
    public void CheckAllEnded()
    {
        foreach (var job in farm.Record.Jobs) Require(JobStatuses.IsEnded(job.Status), $"job {job.Id} never ends: {job.TasksQueued} queued, {job.TasksDispatched} dispatched, {job.TasksRunning} running");
    }

    /// <summary>All jobs have ended, and workers had time to hear of it.</summary>
    public void CheckRest()
    {
        foreach (var task in farm.Record.Tasks.Where(task => task.Status == TaskStatuses.Completed)) CheckObject(task);
        foreach (var worker in farm.Workers)
        {
            foreach (var run in worker.Runs) Require(false, $"worker {worker.Name} still holds {run.Attempt}, which nobody wants");
        }
    }

    private static string Name(RenderTask task) => task.AttemptId.ToString();

    // Handlers build their text only when it is needed: millions of checks pass.
    private static void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref OtherwiseHandler otherwise)
    {
        if (!holds) throw new InvariantException(otherwise.ToString());
    }

    // Nothing of its job had begun, so that no profile held it.
    private bool WasFree(ClaimedTask claim, IReadOnlyList<ClaimedTask> claimed)
    {
        var job = farm.Record.Jobs.Single(job => job.Id == claim.Job.Id);
        return claimed.First(other => other.Job.Id == claim.Job.Id) == claim
            && job.TasksCompleted + job.TasksDispatched + job.TasksRunning == claimed.Count(other => other.Job.Id == claim.Job.Id);
    }

    private void CheckLease(RenderTask task)
    {
        var isOut = task.Status is TaskStatuses.Dispatched or TaskStatuses.Running;
        Require(isOut == task.LeaseExpiresAt is not null, $"task {Name(task)} is {task.Status} {(isOut ? "without" : "with")} a lease");
        Require(!isOut || !task.IsSuspect || _held[task.Worker!] == 1, $"suspect {Name(task)} is not alone on {task.Worker}");
    }

    private void CheckCharges(RenderTask task)
    {
        Require(task.Charged >= 0 && task.Charged + task.Refusals <= task.Attempt, $"task {Name(task)} is charged {task.Charged} attempts and was refused {task.Refusals} times, of {task.Attempt} made");
        if (task.Charged <= 1) return;
        var failures = farm.Ledger.FailuresOf(task.Job, task.Index);
        Require(task.Charged <= failures + 1, $"task {Name(task)} is charged {task.Charged} attempts and failed {failures} times");
    }

    private void CheckEnd(RenderTask task)
    {
        var job = farm.Record.JobOf(task);
        var status = task.StatusIn(job);
        var trails = status != task.Status;
        var facts = (status, task.ObjectKey, task.Sha256, trails ? null : task.FailureCode, trails ? job.CanceledSeq + task.Index : task.EndedSeq);
        if (_ended.TryAdd(task, facts))
        {
            if (task.Status == TaskStatuses.Failed) CheckReason(task);
            if (task.Status == TaskStatuses.Completed) CheckObject(task);
        }
        else
        {
            Require(_ended[task] == facts, $"task {Name(task)} ended as {_ended[task]} and is now {facts}");
        }
    }

    private void CheckObject(RenderTask task) => Require(
        farm.Store.Holds(task.ObjectKey, task.Sha256, task.SizeBytes), $"task {Name(task)} is completed and its object {task.ObjectKey} is not there");

    private void CheckReason(RenderTask task)
    {
        var (failures, deaths) = (farm.Ledger.FailuresOf(task.Job, task.Index), farm.Ledger.DeathsOf(task.Job, task.Index));
        var isTrue = task.FailureCode switch
        {
            FailureCodes.BadRecipe => farm.Ledger.NatureOf(task.AttemptId) == TaskNature.BadRecipe,
            FailureCodes.EngineFailed or FailureCodes.StoreUnavailable => failures >= options.MaxAttempts,
            FailureCodes.Poison => deaths > options.PoisonDeaths,
            _ => false,
        };
        Require(isTrue, $"task {Name(task)} failed as {task.FailureCode} after {failures} failures and {deaths} deaths");
    }

    private void CheckCounters(RenderJob job)
    {
        Span<int> counts = stackalloc int[TaskStatuses.All.Count];
        var cost = 0L;
        foreach (var task in farm.Record.TasksOf(job.Id))
        {
            for (var place = 0; place < counts.Length; place++)
            {
                if (TaskStatuses.All[place] == task.StatusIn(job)) counts[place]++;
            }

            if (TaskStatuses.IsEnded(task.StatusIn(job))) cost += task.Cost;
        }

        ReadOnlySpan<int> booked = [job.TasksQueued, job.TasksDispatched, job.TasksRunning, job.TasksCompleted, job.TasksFailed, job.TasksCanceled];
        Require(counts.SequenceEqual(booked), $"job {job.Id} counts {string.Join(' ', booked.ToArray())} and has {string.Join(' ', counts.ToArray())}");
        foreach (var task in farm.Record.TasksOf(job.Id))
            Require(task.Status != TaskStatuses.Completed || task.Profile == job.Profile, $"job {job.Id} is pinned to {job.Profile} and has image {task.Index} from {task.Profile}");
        Require(job.CostEnded == cost, $"job {job.Id} has ended {cost} of cost and counts {job.CostEnded}");
    }

    private bool WasWellFor(FarmWorker row, TimeSpan time)
    {
        var worker = farm.Worker(row.Name);
        return worker is { IsAlive: true, IsFrozen: false, IsLeaving: false } && worker.Incarnation == row.Incarnation && farm.Clock.Now - worker.LastDisturbed > time;
    }
}
