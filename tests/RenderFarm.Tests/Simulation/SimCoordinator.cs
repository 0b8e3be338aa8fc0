using RenderFarm.Contracts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Coordinator.Rescue;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Tests.Simulation;

/// <summary>Where a coordinator crashes next.</summary>
internal enum CrashPoint
{
    None,
    BeforeCommit,
    BetweenCommitAndAcknowledgement,
    BetweenClaimAndPublish,
}

/// <summary>
/// A coordinator over the simulated record: the same rules in the same order as the real one's services, which only add the database and
/// the bus to them. Crashes where it is told to, freezes in the middle of a dispatch round, and wakes as a leader of the past.
/// </summary>
internal sealed class SimCoordinator(string name, SimFarm farm, CoordinatorOptions options, SimRules rules)
{
    private LeaseClock _leases = new(LeaseClock.ToleranceOf(options));
    private DispatchRound _round = Round(options);
    private int _life;
    private bool _isMidRound;
    private DateTimeOffset _frozenUntil;

    public string Name => name;

    public bool IsAlive { get; private set; } = true;

    public bool IsUp => IsAlive && farm.Clock.Now >= _frozenUntil;

    /// <summary>The leadership it believes to hold.</summary>
    public long? Epoch { get; private set; }

    public CrashPoint NextCrash { get; set; }

    private DateTimeOffset Now => farm.Clock.Now;

    private SimRecord Record => farm.Record;

    public void Crash(double restartAfter)
    {
        if (!IsAlive) return;
        (IsAlive, Epoch, NextCrash) = (false, null, CrashPoint.None);
        _life++;
        farm.Clock.After(restartAfter, () =>
        {
            (_leases, _round, IsAlive) = (new LeaseClock(LeaseClock.ToleranceOf(options)), Round(options), true);
        });
    }

    public void Freeze(double seconds) => _frozenUntil = Now.AddSeconds(seconds);

    /// <summary>It has taken the leadership over.</summary>
    public void Lead(long epoch)
    {
        Epoch = epoch;
        foreach (var worker in Record.Workers.Values.Where(worker => worker.Status == WorkerStatuses.Active && worker.LastSeenAt <= Now - (options.LeaseDuration / 3)))
            worker.Status = WorkerStatuses.Lost;
        _leases.Doubt(Now);
        Record.StartLeasesAnew(Now, options.LeaseDuration);
    }

    /// <summary>Handles a report in one transaction.</summary>
    /// <returns>Whether it is acknowledged.</returns>
    public bool Handle(Report report)
    {
        if (Record.IsAway) return rules.AcknowledgesFirst;
        if (CrashesAt(CrashPoint.BeforeCommit)) return rules.AcknowledgesFirst;
        if (!Write(report)) return false;
        farm.WakeDispatch();
        return !CrashesAt(CrashPoint.BetweenCommitAndAcknowledgement);
    }

    /// <summary>Handles what a worker says about itself.</summary>
    public bool Handle(object message)
    {
        if (Record.IsAway) return false;
        Record.IsTouched = true;
        switch (message)
        {
            case WorkerAnnounced announced: Announce(announced); break;
            case WorkerHeartbeat heartbeat: Review(heartbeat, Now); break;
            case WorkerLeft left: Leave(left); break;
        }

        return true;
    }

    /// <summary>Writes a heartbeat that it took before it froze, or was left without the record for a time. No epoch keeps it from that: any coordinator hears workers.</summary>
    public void HandleLate(WorkerHeartbeat heartbeat, DateTimeOffset arrived)
    {
        if (!IsAlive || Record.IsAway) return;
        Record.IsTouched = true;
        Review(heartbeat, arrived);
    }

    /// <summary>A look at the leases; a probe leaves with it.</summary>
    public void Look()
    {
        if (!IsUp || Epoch is not { } epoch) return;
        var (reading, life, leases) = (rules.Read(_leases, Now), _life, _leases);
        var probe = _leases.Send(Now);
        farm.Probe(name, () =>
        {
            if (life == _life) leases.Return(probe);
        });
        if (Record.IsAway) _leases.Doubt(Now);
        else if (epoch != Record.Epoch) Epoch = null;
        else if (reading.State == LeaseState.StartAnew) StartAnew(reading);
        else if (reading.State == LeaseState.Age) Rescue(reading.Heard);
    }

    /// <summary>A round of dispatch; frozen in it, the claim comes when it wakes.</summary>
    public void Dispatch()
    {
        if (_isMidRound || !IsUp || Epoch is not { } epoch || Record.IsAway || farm.Bus.IsAway || Record.IsPaused) return;
        if (!Record.Jobs.Exists(job => job.TasksQueued > 0 && !JobStatuses.IsEnded(job.Status))) return;
        var devices = Record.Fleet(Now);
        var round = _round.AllotAsync(
            rules.WaitingJobs(Record), rules.WaitingSuspects(Record), devices, (job, after, count) => Task.FromResult(rules.Peek(Record, job, after, count, Now)));
        var allotments = round.GetAwaiter().GetResult();
        if (_round.WantsAnother) farm.WakeDispatch();
        if (allotments.Count == 0) return;
        var life = _life;
        if (farm.TakeFreeze() is { } seconds)
        {
            Freeze(seconds);
            _isMidRound = true;
            farm.Clock.After(seconds, () =>
            {
                _isMidRound = false;
                Claim(allotments, epoch, life, isDelayed: true);
            });
        }
        else
        {
            Claim(allotments, epoch, life, isDelayed: false);
        }
    }

    private static DispatchRound Round(CoordinatorOptions options) => new(device => device.HasRoom(options.DispatchWindow, options.MaxHeldPerDevice));

    private void Claim(List<Allotment> allotments, long epoch, int life, bool isDelayed)
    {
        if (life != _life || Record.IsAway) return;
        Record.IsTouched = true;
        var claimed = rules.Claim(Record, allotments, epoch, Now, Now + options.LeaseDuration);
        farm.Invariants.Claimed(claimed, epoch, isDelayed);
        if (CrashesAt(CrashPoint.BetweenClaimAndPublish)) return;
        foreach (var task in claimed) farm.Publish(task.Worker, new AttemptId(task.Job.Id, task.Index, task.Attempt));
    }

    private bool CrashesAt(CrashPoint point)
    {
        if (NextCrash != point) return false;
        Crash(restartAfter: 3);
        return true;
    }

    private bool Write(Report report)
    {
        var task = Record.Find(report.Attempt);
        var job = task is null ? null : Record.JobOf(task);
        task?.CatchUp(job!);
        var ruling = rules.Judge(task, job, report);
        farm.Ledger.Judged(report);
        if (ruling.Verdict == Verdict.Refuse) return true;
        if (ruling.Verdict == Verdict.Confirm)
        {
            if (farm.Store.IsAway) return false;
            if (!rules.Confirm(farm.Store, ((SuccessReport)report).Image)) return true;
        }

        Record.IsTouched = true;
        Invariants.Accepted(report, task!);
        var batch = Batch(job!);
        rules.Apply(batch, task!, report);
        NoteStanding(report);
        Finish(batch);
        return true;
    }

    // As WorkerStandings does it, over the rows in memory.
    private void NoteStanding(Report report)
    {
        if (!Record.Workers.TryGetValue(report.Worker, out var worker)) return;
        if (report is SuccessReport) WorkerStanding.Success(worker, Now);
        if (report is not FailureReport failure || !rules.IsWorkerFault(failure.Failure.Code)) return;
        var task = $"{report.Attempt.Job}/{report.Attempt.Index}";
        var others = Record.Failures
            .Where(row => row.Job == report.Attempt.Job && row.Index == report.Attempt.Index && row.Worker != report.Worker && rules.IsWorkerFault(row.Code))
            .Select(row => row.Worker!).ToHashSet();
        if (others.Count == 0) WorkerStanding.Fault(worker, task, failure.Failure.Detail, Now, options);
        else foreach (var name in others.Append(report.Worker)) WorkerStanding.Pardon(Record.Workers[name], task, options);
    }

    private void Announce(WorkerAnnounced message)
    {
        var known = Record.Workers.GetValueOrDefault(message.Worker);
        if (known is not null && rules.Outlives(known, message.Incarnation, Now, options.LeaseDuration)) return;
        if (known?.Incarnation != message.Incarnation) TakeBack(message.Worker, died: true, known?.Status == WorkerStatuses.Active);
        if (known is null)
        {
            known = new FarmWorker { Name = message.Worker, Incarnation = message.Incarnation, Checkpoints = [SimFarm.Checkpoint], FirstSeenAt = Now, LastSeenAt = Now };
            Record.Workers[message.Worker] = known;
            Record.Devices.Add(new FarmDevice { Worker = message.Worker, Device = "d", Slots = SimWorker.Slots, Profile = farm.ProfileOf(message.Worker), AnnouncedSpeed = 10, PixelsPerImage = SimFarm.PixelsPerImageOf(message.Worker) });
        }

        if (known.Incarnation != message.Incarnation) known.UnwantedRuns = 0;
        (known.Incarnation, known.LastSeenAt, known.Status) = (message.Incarnation, Now, WorkerStatuses.Active);
        farm.WakeDispatch();
    }

    private void Review(WorkerHeartbeat message, DateTimeOffset arrived)
    {
        if (!Record.Workers.TryGetValue(message.Worker, out var worker) || !rules.Hears(worker, message.Incarnation)) return;
        if (!rules.Counts(worker, arrived, Now, options.LeaseDuration)) return;
        (worker.LastSeenAt, worker.Status) = (arrived, WorkerStatuses.Active);
        var verdict = rules.Review(Record.HeldBy(message.Worker), message.Runs, arrived + options.LeaseDuration);
        worker.UnwantedRuns = verdict.Unwanted.Count;
        foreach (var task in verdict.Lost)
        {
            rules.BeforeSendingAgain(Record, task);
            farm.Publish(message.Worker, task.AttemptId);
        }

        foreach (var attempt in verdict.Unwanted) farm.Cancel(message.Worker, attempt);
    }

    private void Leave(WorkerLeft message)
    {
        if (!Record.Workers.TryGetValue(message.Worker, out var worker) || !rules.Hears(worker, message.Incarnation)) return;
        worker.Status = WorkerStatuses.Left;
        farm.Ledger.Left(message.Incarnation);
        TakeBack(message.Worker, died: false, wasHeard: true);
    }

    private void TakeBack(string worker, bool died, bool wasHeard)
    {
        var held = Record.HeldBy(worker);
        if (died) foreach (var task in held) farm.Ledger.Died(task.AttemptId);
        var batch = Batch([.. held.Select(task => Record.JobOf(task))]);
        rules.TakeBack(batch, held, died, wasHeard);
        Finish(batch);
        farm.WakeDispatch();
    }

    private void StartAnew(LeaseReading reading)
    {
        Record.StartLeasesAnew(Now, options.LeaseDuration);
        _leases.StartedAnew(reading);
    }

    private void Rescue(DateTimeOffset heard)
    {
        var expired = Record.Held.Where(task => task.LeaseExpiresAt <= heard).ToList();
        var silence = Silence.Judge(Record.Workers.Values, expired, heard, options.LeaseDuration);
        if (silence.Gone.Count + silence.Vanished.Count == 0) return;
        Record.IsTouched = true;
        farm.Invariants.Silent(silence);
        foreach (var worker in silence.Gone)
        {
            var wasHeard = worker.Status == WorkerStatuses.Active;
            if (wasHeard) worker.Status = WorkerStatuses.Lost;
            TakeBack(worker.Name, died: worker.Status == WorkerStatuses.Lost, wasHeard);
        }

        var batch = Batch([.. silence.Vanished.Select(task => Record.JobOf(task))]);
        foreach (var task in silence.Vanished) batch.Expire(task);
        Finish(batch);
        if (silence.Vanished.Count > 0) farm.WakeDispatch();
    }

    private TaskBatch Batch(params RenderJob[] jobs)
    {
        var batch = new TaskBatch(Now, options);
        foreach (var job in jobs) batch.Add(job);
        return batch;
    }

    private void Finish(TaskBatch batch)
    {
        rules.RollUp(batch);
        Record.Failures.AddRange(batch.Failures);
    }
}
