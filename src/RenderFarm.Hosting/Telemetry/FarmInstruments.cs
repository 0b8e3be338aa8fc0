namespace RenderFarm.Hosting.Telemetry;

/// <summary>
/// Names of the farm's meters and instruments, the only place that spells them. Prometheus sees them with underscores, seconds as <c>_seconds</c>
/// and counters as <c>_total</c>: <c>renderfarm.render.duration</c> is scraped as <c>renderfarm_render_duration_seconds</c>. Alert rules, the
/// dashboard and the chart's scaling query are checked against this list.
/// </summary>
public static class FarmInstruments
{
    /// <summary>Meter of the coordinator.</summary>
    public const string CoordinatorMeter = "RenderFarm.Coordinator";

    /// <summary>Meter of the worker.</summary>
    public const string WorkerMeter = "RenderFarm.Worker";

    /// <summary>Meter of plumbing that both processes share.</summary>
    public const string HostingMeter = "RenderFarm.Hosting";

    /// <summary>Meter of the engine, which knows nothing of this project and repeats the name.</summary>
    public const string EngineMeter = "RenderFarm.Diffusion";

    /// <summary>Gauge, pixel-steps by <c>checkpoint</c>: cost of the tasks that wait in the backlog, without those that a pause of their job or of the farm holds back. What scaling follows.</summary>
    public const string BacklogPixelSteps = "renderfarm.backlog.pixel_steps";

    /// <summary>Gauge, pixel-steps by <c>checkpoint</c>: cost of the tasks that workers hold.</summary>
    public const string HeldPixelSteps = "renderfarm.held.pixel_steps";

    /// <summary>Gauge by <c>status</c> (queued, dispatched, running): tasks that have not ended.</summary>
    public const string Tasks = "renderfarm.tasks";

    /// <summary>Gauge by <c>status</c>: workers in the record.</summary>
    public const string Workers = "renderfarm.workers";

    /// <summary>Counter by <c>outcome</c> (succeeded, failed, returned) and, for failures, <c>code</c>: attempts whose end the record took.</summary>
    public const string Attempts = "renderfarm.attempts";

    /// <summary>Counter: tasks whose lease expired and that went back to the backlog or failed.</summary>
    public const string Rescues = "renderfarm.rescues";

    /// <summary>Counter: reports that the record refused as stale.</summary>
    public const string ReportsRefused = "renderfarm.reports.refused";

    /// <summary>Histogram: reports written in one transaction.</summary>
    public const string ReportBatchSize = "renderfarm.report.batch.size";

    /// <summary>Histogram, seconds: from an image's engine slot to its finished pixels, as its worker measured it.</summary>
    public const string RenderDuration = "renderfarm.render.duration";

    /// <summary>Histogram, seconds by <c>priority</c>: from a job's submission to the dispatch of a task's first attempt.</summary>
    public const string SubmitToDispatch = "renderfarm.submit_to_dispatch.duration";

    /// <summary>Histogram, seconds by <c>outcome</c> (stored, failed): one try to store an object.</summary>
    public const string StorePut = "renderfarm.store.put.duration";

    /// <summary>Counter by <c>queue</c>: messages that could not be read or handled and were set aside.</summary>
    public const string BusDeadLettered = "renderfarm.bus.dead_lettered";

    /// <summary>Gauge: attempts that this worker holds, waiting ones included.</summary>
    public const string WorkerHeld = "renderfarm.worker.held";

    /// <summary>Gauge: attempts of this worker that have begun and are not yet reported.</summary>
    public const string WorkerSlotsUsed = "renderfarm.worker.slots.used";

    /// <summary>Gauge: images that this worker can denoise at the same time, all devices together.</summary>
    public const string WorkerSlots = "renderfarm.worker.slots";

    /// <summary>Counter: images that this worker stored and reported.</summary>
    public const string WorkerImages = "renderfarm.worker.images";

    /// <summary>Counter by <c>outcome</c> (succeeded, failed, returned, canceled): attempts that this worker reported.</summary>
    public const string WorkerAttempts = "renderfarm.worker.attempts";

    /// <summary>Histogram: rows of one UNet call.</summary>
    public const string UNetRows = "renderfarm.unet.rows";

    /// <summary>Histogram: images that share one UNet call.</summary>
    public const string UNetImages = "renderfarm.unet.images";

    /// <summary>Every meter of the farm.</summary>
    public static IReadOnlyList<string> Meters { get; } = [CoordinatorMeter, WorkerMeter, HostingMeter, EngineMeter];
}
