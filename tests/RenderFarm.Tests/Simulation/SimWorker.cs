using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Reports;

namespace RenderFarm.Tests.Simulation;

/// <summary>One delivery that a simulated worker holds.</summary>
internal sealed class SimRun(AttemptId attempt, RunId id, DateTimeOffset takenAt)
{
    public AttemptId Attempt => attempt;

    public RunId Id => id;

    public DateTimeOffset TakenAt => takenAt;

    public bool IsRunning { get; set; }

    public bool IsOver { get; set; }

    /// <summary>Asked to stop, and reported so.</summary>
    public bool IsStopped { get; set; }
}

/// <summary>
/// A worker as the real one behaves, and as real machines do: it dies, freezes and wakes, is told to leave and comes back as a new
/// incarnation. What it had planned dies with it, and what it had planned while frozen happens when it wakes.
/// </summary>
internal sealed class SimWorker(string name, SimFarm farm, Random chance)
{
    public const int Slots = 2;
    private const double HeartbeatSeconds = 3;
    private readonly List<(SimRun? Run, Report Report)> _outbox = [];
    private readonly Dictionary<AttemptId, SuccessReport> _successes = [];
    private DateTimeOffset _frozenUntil;
    private long _life;
    private int _beat;

    public string Name => name;

    public Guid Incarnation { get; private set; }

    public bool IsAlive { get; private set; }

    public bool IsLeaving { get; private set; }

    public bool IsFrozen => farm.Clock.Now < _frozenUntil;

    /// <summary>When it last could not do its work: dead, frozen or leaving.</summary>
    public DateTimeOffset LastDisturbed { get; private set; }

    /// <summary>Fails every task by a fault of its own.</summary>
    public bool IsFlaky { get; init; }

    public List<SimRun> Runs { get; } = [];

    public void Start()
    {
        if (IsAlive) return;
        Disturb();
        (IsAlive, IsLeaving, _frozenUntil, _beat) = (true, false, default, 0);
        Incarnation = farm.NewGuid();
        _life++;
        Beat();
    }

    /// <summary>SIGKILL.</summary>
    public void Die(double restartAfter)
    {
        if (!IsAlive) return;
        Disturb();
        Runs.Clear();
        _outbox.Clear();
        _successes.Clear();
        IsAlive = false;
        _life++;
        farm.Clock.After(restartAfter, Start);
    }

    /// <summary>SIGSTOP, and SIGCONT later.</summary>
    public void Freeze(double seconds)
    {
        if (!IsAlive || IsFrozen) return;
        _frozenUntil = farm.Clock.Now.AddSeconds(seconds);
        LastDisturbed = _frozenUntil;
    }

    /// <summary>SIGTERM: everything is handed back, then it says goodbye.</summary>
    public void Leave(double restartAfter)
    {
        if (!IsAlive || IsLeaving || IsFrozen) return;
        IsLeaving = true;
        Disturb();
        foreach (var run in Runs.Where(run => !run.IsOver).ToList()) Report(run, new ReturnReport(run.Attempt, run.Id, Name));
        Later(0.5, () => SayGoodbye(restartAfter));
    }

    /// <summary>A delivery arrived.</summary>
    /// <returns>False while nobody takes it from the queue.</returns>
    public bool Take(AttemptId attempt)
    {
        if (!IsAlive || IsFrozen) return false;
        if (Runs.Exists(held => held.Attempt == attempt && !held.IsStopped)) return true;
        if (_successes.TryGetValue(attempt, out var success))
        {
            Report(null, success);
            return true;
        }

        var run = new SimRun(attempt, new RunId(farm.NewGuid()), farm.Clock.Now);
        if (IsLeaving)
        {
            Report(null, new ReturnReport(attempt, run.Id, Name));
            return true;
        }

        Runs.Add(run);
        FillSlots();
        return true;
    }

    public bool Cancel(AttemptId attempt)
    {
        if (!IsAlive || IsFrozen) return false;
        foreach (var run in Runs.Where(run => run.Attempt == attempt && !run.IsOver).ToList())
            Report(run, new ReturnReport(run.Attempt, run.Id, Name));
        FillSlots();
        return true;
    }

    private void Disturb()
    {
        if (farm.Clock.Now > LastDisturbed) LastDisturbed = farm.Clock.Now;
    }

    // What was planned in one life does not happen in the next; while frozen it waits for the thaw.
    private void Later(double seconds, Action happens)
    {
        var life = _life;
        void Happen()
        {
            if (life != _life) return;
            if (IsFrozen) farm.Clock.After((_frozenUntil - farm.Clock.Now).TotalSeconds, Happen);
            else happens();
        }

        farm.Clock.After(seconds, Happen);
    }

    private void Beat()
    {
        if (_beat < 3 || _beat % 10 == 0) farm.Tell(name, new WorkerAnnounced(name, Incarnation, new WorkerCapabilities([], [])));
        farm.Tell(name, new WorkerHeartbeat(name, Incarnation, [.. Runs.Select(run => new HeldRun(run.Attempt, run.Id))]));
        _beat++;
        Later(HeartbeatSeconds, Beat);
    }

    private void FillSlots()
    {
        foreach (var run in Runs.Where(run => !run.IsRunning && !run.IsOver).Take(Slots - Runs.Count(run => run.IsRunning)).ToList())
        {
            run.IsRunning = true;
            Report(null, new StartReport(run.Attempt, run.Id, Name));
            var nature = farm.Ledger.NatureOf(run.Attempt);
            if (nature == TaskNature.Poison) Later(0.7, () => KilledBy(run));
            else Later(SimFarm.RenderSeconds(run.Attempt), () => Finish(run, nature, tries: 1));
        }
    }

    private void KilledBy(SimRun run)
    {
        if (!run.IsOver) Die(restartAfter: 1 + (chance.NextDouble() * 20));
    }

    private void Finish(SimRun run, TaskNature nature, int tries)
    {
        if (run.IsOver) return;
        if (nature == TaskNature.BadRecipe)
        {
            Report(run, new FailureReport(run.Attempt, run.Id, Name, new AttemptFailure(FailureCodes.BadRecipe, false, "No.")));
        }
        else if (IsFlaky)
        {
            Report(run, new FailureReport(run.Attempt, run.Id, Name, new AttemptFailure(FailureCodes.EngineFailed, true, "No device.")));
        }
        else
        {
            Store(run, tries);
        }
    }

    private void Store(SimRun run, int tries)
    {
        var image = farm.ImageOf(run.Attempt, run.Id, Name);
        if (farm.Store.TryPut(image)) Report(run, new SuccessReport(run.Attempt, run.Id, Name, image));
        else if (tries < 3) Later(tries, () => Finish(run, TaskNature.Good, tries + 1));
        else Report(run, new FailureReport(run.Attempt, run.Id, Name, new AttemptFailure(FailureCodes.StoreUnavailable, true, "The store is away.")));
    }

    private void Report(SimRun? run, Report report)
    {
        if (run is not null) (run.IsOver, run.IsRunning, run.IsStopped) = (true, false, report is ReturnReport);
        if (report is FailureReport) farm.Ledger.Failed(report.Attempt);
        _outbox.Add((run, report));
        Flush();
        if (run is not null && !IsLeaving) FillSlots();
    }

    // In order; a run is held until the bus has its last report.
    private void Flush()
    {
        while (_outbox.Count > 0)
        {
            var (run, report) = _outbox[0];
            if (!farm.Deliver(report))
            {
                Later(1, Flush);
                return;
            }

            _outbox.RemoveAt(0);
            if (report is SuccessReport success) _successes.TryAdd(success.Attempt, success);
            if (run is not null) Runs.Remove(run);
        }
    }

    private void SayGoodbye(double restartAfter)
    {
        if (_outbox.Count > 0)
        {
            Later(0.5, () => SayGoodbye(restartAfter));
            return;
        }

        farm.Tell(name, new WorkerLeft(name, Incarnation));
        _successes.Clear();
        (IsAlive, _life) = (false, _life + 1);
        Disturb();
        farm.Clock.After(restartAfter, Start);
    }
}
