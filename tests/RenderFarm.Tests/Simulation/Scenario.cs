using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Reports;

namespace RenderFarm.Tests.Simulation;

/// <summary>What somebody, or fate, does.</summary>
internal enum Deed
{
    Submit,
    Cancel,
    Retry,
    PauseJob,
    ResumeJob,
    PauseFarm,
    Drain,
    KillWorker,
    FreezeWorker,
    StopWorker,
    BusGap,
    StoreGap,
    TruncatePut,
    RecordGap,
    CrashCoordinator,
    KillCoordinator,
    FreezeLeader,
    PhantomSuccess,
    HoldHeartbeat,
}

/// <summary>A deed at a time, in seconds from the start; what <paramref name="Which"/> and <paramref name="Extent"/> mean depends on the deed.</summary>
internal sealed record Step(double At, Deed Deed, int Which, double Extent);

/// <summary>All deeds of one simulation. Some of them can be left out, and the rest still makes sense: that is how a failure is made small.</summary>
internal sealed record Scenario(int Seed, IReadOnlyList<Step> Steps)
{
    /// <summary>Seconds in which deeds are done.</summary>
    public const double Length = 30;

    private static readonly Deed[] Deeds = Enum.GetValues<Deed>();

    public static Scenario Of(int seed)
    {
        var chance = new Random(seed);
        var steps = new List<Step> { new(0.5, Deed.Submit, chance.Next(1_000), chance.NextDouble()) };
        var count = 10 + chance.Next(20);
        for (var i = 0; i < count; i++)
        {
            // Work comes as often as trouble.
            var deed = chance.Next(3) == 0 ? Deed.Submit : Deeds[chance.Next(Deeds.Length)];
            steps.Add(new Step(chance.NextDouble() * Length, deed, chance.Next(1_000), chance.NextDouble()));
        }

        return new Scenario(seed, [.. steps.OrderBy(step => step.At)]);
    }

    public override string ToString() => string.Join(
        Environment.NewLine, Steps.Select(step => FormattableString.Invariant($"{step.At,6:0.00} s  {step.Deed} {step.Which} {step.Extent:0.00}")));

    /// <summary>Does a deed.</summary>
    public static void Do(Step step, SimFarm farm)
    {
        farm.Record.IsTouched = true;
        var worker = farm.Workers[step.Which % farm.Workers.Count];
        switch (step.Deed)
        {
            case Deed.Submit: Submit(step, farm); break;
            case Deed.KillWorker: worker.Die(1 + (step.Extent * 25)); break;
            case Deed.FreezeWorker: worker.Freeze(2 + (step.Extent * 40)); break;
            case Deed.StopWorker: worker.Leave(3); break;
            case Deed.TruncatePut: farm.Store.TruncatesNext = true; break;
            case Deed.BusGap: During(farm, 1 + (step.Extent * 25), isOn => farm.Bus.IsAway = isOn); break;
            case Deed.StoreGap: During(farm, 1 + (step.Extent * 10), isOn => farm.Store.IsAway = isOn); break;
            case Deed.RecordGap: During(farm, 1 + (step.Extent * 20), isOn => farm.Record.IsAway = isOn); break;
            case Deed.PauseFarm: During(farm, step.Extent * 10, isOn => farm.Record.IsPaused = isOn); break;
            case Deed.CrashCoordinator: farm.Coordinator(step.Which).NextCrash = (CrashPoint)(1 + (step.Which / 2 % 3)); break;
            case Deed.KillCoordinator: farm.Coordinator(step.Which).Crash(1 + (step.Extent * 10)); break;
            case Deed.FreezeLeader: farm.FreezeNextRound(1 + (step.Extent * 12)); break;
            case Deed.HoldHeartbeat: farm.HoldNextHeartbeat(2 + (step.Extent * 25)); break;
            case Deed.Drain: Drain(step, farm, worker.Name); break;
            default: DoToJob(step, farm); break;
        }
    }

    private static void During(SimFarm farm, double seconds, Action<bool> set)
    {
        set(true);
        farm.Clock.After(seconds, () => set(false));
    }

    private static void Submit(Step step, SimFarm farm)
    {
        var chance = new Random(step.Which);
        var natures = Enumerable.Range(0, 1 + chance.Next(6)).Select(_ => chance.Next(20) switch
        {
            0 => TaskNature.Poison,
            1 or 2 => TaskNature.BadRecipe,
            _ => TaskNature.Good,
        });
        farm.Submit($"t{step.Which % 3}", Priorities.All[step.Which % Priorities.All.Count], [.. natures], pixels: step.Which % 4 == 0 ? SimFarm.LargePixels : SimFarm.SmallPixels);
    }

    private static void Drain(Step step, SimFarm farm, string name)
    {
        if (!farm.Record.Workers.TryGetValue(name, out var row)) return;
        row.DrainedAt = farm.Clock.Now;
        farm.Clock.After(step.Extent * 20, () => row.DrainedAt = null);
    }

    private static void DoToJob(Step step, SimFarm farm)
    {
        var jobs = farm.Record.Jobs;
        if (jobs.Count == 0 || farm.Record.IsAway) return;
        var job = jobs[step.Which % jobs.Count];
        switch (step.Deed)
        {
            case Deed.Cancel: Cancel(job, farm); break;
            case Deed.PauseJob when !JobStatuses.IsEnded(job.Status): job.PausedAt = farm.Clock.Now; break;
            case Deed.ResumeJob: job.PausedAt = null; break;
            case Deed.PhantomSuccess: Phantom(step, farm); break;
            case Deed.Retry:
                farm.Record.Retry(job);
                farm.Invariants.Retried(job.Id);
                break;
        }
    }

    private static void Cancel(RenderJob job, SimFarm farm)
    {
        var held = farm.Record.Held.Where(task => task.Job == job.Id).Select(task => (task.Worker!, task.AttemptId)).ToList();
        farm.Record.Cancel(job, farm.Clock.Now);
        foreach (var (worker, attempt) in held) farm.Cancel(worker, attempt);
    }

    // A former run says that its image is there, and nothing is, or something else.
    private static void Phantom(Step step, SimFarm farm)
    {
        var tasks = farm.Record.Tasks.Where(task => task.Attempt > 1 && !TaskStatuses.IsEnded(task.Status)).ToList();
        if (tasks.Count == 0) return;
        var task = tasks[step.Which % tasks.Count];
        var (attempt, run) = (task.AttemptId with { Number = 1 }, new RunId(farm.NewGuid()));
        var image = farm.ImageOf(attempt, run, task.Worker!);
        if (step.Extent < 0.5) image = image with { ObjectKey = "images/nowhere" };
        else farm.Store.PutOther(image);
        farm.Deliver(new SuccessReport(attempt, run, task.Worker!, image));
    }
}
