using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Coordinator.Rescue;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Coordinator.Workers.Heartbeats;

namespace RenderFarm.Tests.Simulation;

/// <summary>Rules with one mistake each, as one could make it: a simulation that does not catch them would not catch ours.</summary>
internal static class Mutants
{
    public static IReadOnlyDictionary<string, SimRules> All { get; } = new Dictionary<string, SimRules>
    {
        ["drop the fence"] = new() { Judge = WithoutFence },
        ["acknowledge before the commit"] = new() { AcknowledgesFirst = true },
        ["count a shutdown as an attempt"] = new() { Apply = WithChargedReturn },
        ["accept two successes"] = new() { Judge = (task, job, report) => task is not null && report is SuccessReport ? new Ruling(Verdict.Accept) : ReportRules.Judge(task, job, report) },
        ["never renew a lease"] = new() { Review = WithoutRenewal },
        ["renew a lease for any run of its attempt"] = new() { Review = (held, listed, expires) => HeartbeatRules.Review(held, AsHeld(held, listed), expires) },
        ["leave the epoch unchecked"] = new() { Claim = (record, allotments, _, now, expires) => record.Claim(allotments, record.Epoch, now, expires) },
        ["let poison charge its neighbours"] = new() { TakeBack = WithChargedNeighbours },
        ["never suspect"] = new() { TakeBack = (batch, held, _, _) => batch.TakeBack(held, died: false) },
        ["run suspects among others"] = new() { WaitingSuspects = _ => [], Peek = WithSuspects },
        ["say cancel once"] = new() { Review = (held, listed, expires) => HeartbeatRules.Review(held, listed, expires) with { Unwanted = [] } },
        ["try again on the same worker"] = new() { Peek = (record, job, after, count, now) => record.Peek(job, after, count, now).ConvertAll(task => task with { AvoidWorker = null }) },
        ["forget to end jobs"] = new() { RollUp = _ => { } },
        ["skip the HEAD"] = new() { Confirm = (_, _) => true },
        ["look at the size alone"] = new() { Confirm = (store, image) => store.Head(image.ObjectKey)?.SizeBytes == image.SizeBytes },
        ["send again as a new attempt"] = new() { BeforeSendingAgain = ClaimAnew },
        ["let leases age while nobody can be heard"] = new() { Read = (_, now) => new LeaseReading(LeaseState.Age, now, 0) },
        ["dispatch paused jobs"] = new() { WaitingJobs = record => Unpaused(record, record.WaitingJobs), Claim = PastAnyPause },
        ["send images to workers that are too small"] = new() { WaitingJobs = record => record.WaitingJobs().ConvertAll(job => job with { Needs = job.Needs with { Pixels = 0 } }) },
        ["claim past a pause"] = new() { Claim = PastAnyPause },
        ["blame workers for bad recipes"] = new() { IsWorkerFault = code => code == FailureCodes.BadRecipe || WorkerStanding.IsWorkerFault(code) },
        ["hear a worker that has left"] = new() { Hears = (worker, incarnation) => worker.Incarnation == incarnation },
        ["let a late announcement bring back who has left"] = new() { Outlives = (worker, announced, now, lease) => announced != worker.Incarnation && worker.Outlives(announced, now, lease) },
        ["take late images of any profile"] = new() { Judge = WithAnyProfile },
        ["hear what a worker said before it was heard last"] = new() { Counts = (_, _, _, _) => true },
        ["never send again what was lost"] = new() { Review = WithoutSendingAgainNorExpiry },
    };

    private static Ruling WithoutFence(RenderTask? task, RenderJob? job, Report report) =>
        task is { LeaseExpiresAt: not null } && report is FailureReport ? new Ruling(Verdict.Accept) : ReportRules.Judge(task, job, report);

    private static void WithChargedReturn(TaskBatch batch, RenderTask task, Report report)
    {
        if (report is ReturnReport) task.TryAgain(batch.JobOf(task), null);
        else batch.Apply(task, report);
    }

    private static Ruling WithAnyProfile(RenderTask? task, RenderJob? job, Report report)
    {
        var ruling = ReportRules.Judge(task, job, report);
        return report is SuccessReport success && job?.Takes(success.Image.Profile) == false && !TaskStatuses.IsEnded(task!.Status) ? new Ruling(Verdict.Confirm) : ruling;
    }

    private static HeartbeatVerdict WithoutRenewal(IEnumerable<RenderTask> held, IEnumerable<HeldRun> listed, DateTimeOffset expires)
    {
        var rows = held.ToList();
        var leases = rows.ConvertAll(task => task.LeaseExpiresAt);
        var verdict = HeartbeatRules.Review(rows, listed, expires);
        for (var i = 0; i < rows.Count; i++) rows[i].LeaseExpiresAt = leases[i];
        return verdict;
    }

    // Every listed run passes for the one that the record holds.
    private static IEnumerable<HeldRun> AsHeld(IEnumerable<RenderTask> held, IEnumerable<HeldRun> listed)
    {
        var started = held.Where(task => task.Run is not null).ToDictionary(task => task.AttemptId, task => task.Run!.Value);
        return listed.Select(run => run with { Run = started.GetValueOrDefault(run.Attempt, run.Run) });
    }

    // A living worker's attempts never expire and are never sent again: a lost command is a lost task.
    private static HeartbeatVerdict WithoutSendingAgainNorExpiry(IEnumerable<RenderTask> held, IEnumerable<HeldRun> listed, DateTimeOffset expires)
    {
        var rows = held.ToList();
        var verdict = HeartbeatRules.Review(rows, listed, expires);
        foreach (var task in rows) task.LeaseExpiresAt = expires;
        return verdict with { Lost = [] };
    }

    private static void WithChargedNeighbours(TaskBatch batch, IReadOnlyCollection<RenderTask> held, bool died, bool wasHeard)
    {
        if (died) foreach (var task in held) task.TryAgain(batch.JobOf(task), null);
        else batch.TakeBack(held, died, wasHeard);
    }

    private static List<WaitingTask> WithSuspects(SimRecord record, JobId job, int after, int count, DateTimeOffset now) => [.. record.TasksOf(job)
        .Where(task => task.Status == TaskStatuses.Queued && task.Index > after && (task.NotBefore is null || task.NotBefore <= now))
        .Take(count).Select(task => new WaitingTask(task.Index, task.Cost, task.AvoidWorker))];

    private static void ClaimAnew(SimRecord record, RenderTask task)
    {
        var job = record.JobOf(task);
        var (worker, device, expires) = (task.Worker!, task.Device!, task.LeaseExpiresAt!.Value);
        Transitions.Apply(job, task, TaskEvent.Requeued);
        task.Claim(job, worker, device, expires);
    }

    private static List<ClaimedTask> PastAnyPause(SimRecord record, IReadOnlyList<Allotment> allotments, long epoch, DateTimeOffset now, DateTimeOffset expires) =>
        Unpaused(record, () => record.Claim(allotments, epoch, now, expires));

    private static T Unpaused<T>(SimRecord record, Func<T> act)
    {
        var (jobs, isFarmPaused) = (record.Jobs.ToDictionary(job => job, job => job.PausedAt), record.IsPaused);
        record.IsPaused = false;
        foreach (var job in jobs.Keys) job.PausedAt = null;
        var done = act();
        foreach (var (job, since) in jobs) job.PausedAt = since;
        record.IsPaused = isFarmPaused;
        return done;
    }
}
