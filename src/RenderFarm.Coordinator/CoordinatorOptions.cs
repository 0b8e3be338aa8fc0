using System.ComponentModel.DataAnnotations;

namespace RenderFarm.Coordinator;

/// <summary>Settings of a coordinator, checked at start (configuration section <c>RenderFarm:Coordinator</c>).</summary>
public sealed class CoordinatorOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "RenderFarm:Coordinator";

    /// <summary>Name of this coordinator, part of its progress queue. Default <c>main</c>.</summary>
    [Required(AllowEmptyStrings = false)]
    [RegularExpression("[a-z0-9-]{1,64}")]
    public string Name { get; set; } = "main";

    /// <summary>Checkpoint, by name or digest, for jobs that name none; null (the default) for the one announced first.</summary>
    public string? DefaultModel { get; set; }

    /// <summary>Request header that a trusted proxy sets to the tenant; null (the default) makes every request the tenant <c>default</c>.</summary>
    public string? TenantHeader { get; set; }

    /// <summary>Right to run an attempt without a heartbeat, 1 s…10 min; default 12 s, four heartbeats.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(12);

    /// <summary>Time between two probes of the bus, each with a look for expired leases, 0.1 s…1 min; default 0.5 s, so that a rescue follows the lease within a second.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan RescueInterval { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Longest time between two dispatch rounds when nothing wakes the dispatcher, 0.1 s…1 min; default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan DispatchInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Estimated work that waits at a device beyond its slots, 0 s…1 min; default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan DispatchWindow { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Most attempts held by one device, however fast it is, 1…100,000; default 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxHeldPerDevice { get; set; } = 1_000;

    /// <summary>Attempts of a task before it fails, 1…100; default 3.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 3;

    /// <summary>Deaths of a worker that ran one task alone before the task is held to be the cause and fails as poison, 1…10; default 2.</summary>
    [Range(1, 10)]
    public int PoisonDeaths { get; set; } = 2;

    /// <summary>
    /// Runs of a task that may be lost with nobody charged before it fails as <c>worker_lost</c>, 1…1,000; default 10. As many may fail because a store refuses
    /// a worker, or its disk is full, before such failures are charged.
    /// </summary>
    [Range(1, 1_000)]
    public int MaxRescues { get; set; } = 10;

    /// <summary>Different tasks that fail by fault of one worker before it is put into quarantine, 2…1,000; default 5.</summary>
    [Range(2, 1_000)]
    public int QuarantineFaults { get; set; } = 5;

    /// <summary>Time in quarantine before one task is tried, doubled each time in a row up to an hour (ten minutes where its store or disk is to blame), 1 s…1 h; default 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan QuarantineCoolDown { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Time between two looks at which checkpoints devices should serve, 0.1 s…10 min; default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan ShelfInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Checkpoints that a device serves at a time, 1…64; default 2, as many as a worker keeps loaded.</summary>
    [Range(1, 64)]
    public int CheckpointsPerDevice { get; set; } = 2;

    /// <summary>Time that fetching and loading a checkpoint takes, 1 s…1 h; default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan CheckpointLoadTime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Load times that a checkpoint with work stays on a device at least, 1…1,000; default 10, so that loading takes a tenth of a device's time at most.</summary>
    [Range(1, 1_000)]
    public double CheckpointDwellFactor { get; set; } = 10;

    /// <summary>Time without work after which a checkpoint gives up its place on a device, 0 s…1 d; default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan CheckpointQuietTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Wait before the second attempt, doubled for each further one, 0 s…10 min; default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan RetryBackoff { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait before another attempt, 0 s…1 h; default 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan MaxRetryBackoff { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Reports written in one transaction, 1…4,096; default 256.</summary>
    [Range(1, 4_096)]
    public int MaxReportBatch { get; set; } = 256;

    /// <summary>Silence after which an event stream sends a comment, 1 s…5 min; default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan EventKeepAlive { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Days after its end until a job that names no retention is deleted with its images, 1…36,500; null (the default) to keep it.</summary>
    [Range(1, 36_500)]
    public int? RetentionDays { get; set; }

    /// <summary>Time after which a worker that left or was lost and holds nothing is forgotten with its devices, unless it is drained, 1 min…10,000 days; default 1 day.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "10000.00:00:00")]
    public TimeSpan WorkerRetention { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Time between two looks for jobs and workers to delete, 1 s…1 day; default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RetentionInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Time between two looks for images that no record names, 1 min…30 days; default 1 day. Lists the whole store.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Age below which such an image is left alone, 1 h…30 days; default 1 day. Longer than any report can be on its way.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "30.00:00:00")]
    public TimeSpan SweepGrace { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Time for which a picture that was sent in is kept while no job names it, 1 h…10,000 days; default 7 days.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "10000.00:00:00")]
    public TimeSpan InputGrace { get; set; } = TimeSpan.FromDays(7);
}
