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

/// <summary>
/// The rules that a simulated coordinator goes by: the real ones, unless a mutant takes the place of one. The seam is here and not in
/// the product, which calls its rules by name.
/// </summary>
internal sealed record SimRules
{
    public Func<RenderTask?, RenderJob?, Report, Ruling> Judge { get; init; } = ReportRules.Judge;

    public Action<TaskBatch, RenderTask, Report> Apply { get; init; } = (batch, task, report) => batch.Apply(task, report);

    public Action<TaskBatch, IReadOnlyCollection<RenderTask>, bool, bool> TakeBack { get; init; } =
        (batch, held, died, wasHeard) => batch.TakeBack(held, died, wasHeard);

    public Action<TaskBatch> RollUp { get; init; } = batch => batch.RollUp();

    public Func<IEnumerable<RenderTask>, IEnumerable<HeldRun>, DateTimeOffset, HeartbeatVerdict> Review { get; init; } = HeartbeatRules.Review;

    /// <summary>Whether a heartbeat still says something, though it was written late.</summary>
    public Func<FarmWorker, DateTimeOffset, DateTimeOffset, TimeSpan, bool> Counts { get; init; } = HeartbeatRules.Counts;

    public Func<LeaseClock, DateTimeOffset, LeaseReading> Read { get; init; } = (clock, now) => clock.Read(now);

    /// <summary>Whether a heartbeat or a farewell of an incarnation counts, and whether an announcement comes too late.</summary>
    public Func<FarmWorker, Guid, bool> Hears { get; init; } = (worker, incarnation) => worker.Hears(incarnation);

    public Func<FarmWorker, Guid, DateTimeOffset, TimeSpan, bool> Outlives { get; init; } = (worker, announced, now, lease) => worker.Outlives(announced, now, lease);

    public Func<string, bool> IsWorkerFault { get; init; } = WorkerStanding.IsWorkerFault;

    public Func<SimStore, StoredImage, bool> Confirm { get; init; } = (store, image) => ReportRules.Confirms(store.Head(image.ObjectKey), image);

    public Func<SimRecord, IReadOnlyList<Allotment>, long, DateTimeOffset, DateTimeOffset, List<ClaimedTask>> Claim { get; init; } =
        (record, allotments, epoch, now, expires) => record.Claim(allotments, epoch, now, expires);

    public Func<SimRecord, List<WaitingJob>> WaitingJobs { get; init; } = record => record.WaitingJobs();

    public Func<SimRecord, List<WaitingSuspect>> WaitingSuspects { get; init; } = record => record.WaitingSuspects();

    public Func<SimRecord, JobId, int, int, DateTimeOffset, List<WaitingTask>> Peek { get; init; } =
        (record, job, after, count, now) => record.Peek(job, after, count, now);

    /// <summary>What a republished attempt is: the same one.</summary>
    public Action<SimRecord, RenderTask> BeforeSendingAgain { get; init; } = (_, _) => { };

    /// <summary>Whether a report is acknowledged before what it says is committed.</summary>
    public bool AcknowledgesFirst { get; init; }
}
