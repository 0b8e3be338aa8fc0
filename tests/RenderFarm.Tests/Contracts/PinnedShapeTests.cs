using System.Text.Json;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Contracts.Workers;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.Tests.Contracts;

/// <summary>
/// Every message and every API shape is pinned by a file in <c>Pinned/</c>: a change to the wire is a change to a reviewed file.
/// Set <c>RENDERFARM_REWRITE_PINNED=1</c> to write the files anew.
/// </summary>
public sealed class PinnedShapeTests
{
    private static readonly JsonSerializerOptions Indented = new(FarmJson.Options) { WriteIndented = true };
    private static readonly AttemptId Attempt = new(Sample.Job, 3, 2);

    private static readonly CheckpointDescription Description = new()
    {
        Name = "demo",
        Digest = Sample.Checkpoint,
        Width = 64,
        Height = 64,
        SideMultiple = 8,
        Steps = 25,
        Sampler = Samplers.DpmPlusPlus2M,
        NoiseSchedule = NoiseSchedules.Uniform,
        TimestepSpacing = TimestepSpacings.Leading,
        GuidanceScale = 4,
        CostFactor = 0.25,
    };

    private static readonly SubmitJob FullRequest = new()
    {
        Model = "demo",
        Prompt = (string[])["a red circle", "a blue square"],
        NegativePrompt = "blurry",
        PromptSyntax = PromptSyntaxes.A1111,
        ClipSkip = 2,
        Images = 5,
        Seed = 7,
        VariationSeed = 9,
        VariationStrength = 0.25,
        Width = 64,
        Height = 72,
        Steps = (int[])[10, 25],
        Sampler = "DPM++ 2M Karras",
        NoiseSchedule = NoiseSchedules.Karras,
        TimestepSpacing = TimestepSpacings.Leading,
        Eta = 0.5,
        GuidanceScale = (double[])[1, 7.5],
        GuidanceRescale = 0.7,
        GuidanceStart = 0.2,
        GuidanceEnd = 0.8,
        InitImage = Sample.Checkpoint,
        Strength = (double[])[0.5, 0.75],
        Mask = Sample.Checkpoint,
        MaskBlur = 8,
        InpaintArea = InpaintAreas.Masked,
        InpaintPadding = 64,
        InpaintFill = InpaintFills.Fill,
        Outpaint = new OutpaintMargins { Left = 8, Top = 16, Right = 24, Bottom = 32 },
        Hires = new HiresSettings { Scale = 2, Upscaler = HiresUpscalers.Latent, Steps = 10, Strength = 0.5 },
        NoiseSource = NoiseSources.TorchCuda,
        Determinism = DeterminismClasses.Fast,
        Format = ImageFormats.WebP,
        Quality = 80,
        Priority = Priorities.High,
        Label = "catalogue 7",
    };

    private static readonly Dictionary<string, object> Shapes = new()
    {
        ["api.submit_job"] = FullRequest,
        ["api.submit_job.enlarging"] = new SubmitJob { Prompt = "a red circle", InitImage = Sample.Checkpoint, UpscaleNoiseLevel = 40 },
        ["api.submit_job.least"] = new SubmitJob { Prompt = "a red circle" },
        ["message.lease_probe"] = new LeaseProbe("main", Guid.Parse("0190a0a0-0000-7000-8000-00000000000c"), 42),
        ["api.job"] = Sample.JobView,
        ["api.task.completed"] = Sample.Task,
        ["api.task.judged"] = Sample.Task with { SafetyFlag = true, SafetyScore = 0.25 },
        ["api.task.failed"] = Sample.FailedTask,
        ["api.task_page"] = new Page<TaskView>([Sample.Task], "eyJpIjozfQ"),
        ["api.worker.quarantined"] = new WorkerView(
            "worker-2", "active", [], Sample.Time, null, new QuarantineView("5 different tasks failed on it and 0 succeeded; the last one said: No device.", Sample.Time.AddMinutes(1))),
        ["api.farm"] = new FarmView(Sample.Time),
        ["api.worker"] = new WorkerView("worker-1", "active", [new DeviceView("cpu", 4, 3, Sample.Profile, 250_000)], Sample.Time),
        ["api.worker.capable"] = new WorkerView(
            "worker-1", "active",
            [
                new DeviceView("cuda0", 16, 3, Sample.Profile, 20_000_000)
                {
                    Provider = "cuda",
                    Determinism = DeterminismClasses.Reproducible,
                    MemoryBytes = 25_769_803_776,
                    PixelsPerImage = 1_048_576,
                    Resident = [new ResidentView(Sample.Checkpoint, "demo")],
                    Speeds = [new RowSpeed(2, 0.75), new RowSpeed(16, 3.5)],
                },
            ],
            Sample.Time),
        ["api.worker.upscalers"] = new WorkerView("worker-1", "active", [], Sample.Time) { Upscalers = [new UpscalerDescription("4x", Sample.Checkpoint)] },
        ["api.input"] = new InputView(Sample.Checkpoint, 64, 72, 12_345),
        ["api.checkpoint"] = Sample.CheckpointView,
        ["api.problem"] = new Problem
        {
            Type = "urn:renderfarm:problem:invalid_request",
            Title = "The request is not valid.",
            Status = 400,
            Detail = "One field is at fault.",
            Code = ProblemCodes.InvalidRequest,
            Errors = [new FieldError("steps[2]", "2000", "1 to 1000.")],
        },
        ["event.task_progress"] = new TaskProgressEvent(3, 12, 25),
        ["event.task_ended"] = new TaskEndedEvent(Sample.Task, Sample.JobView.Tasks),
        ["message.run_attempt"] = new RunAttempt(Attempt, Sample.Recipe, ImageFormats.Jpeg, 90),
        ["message.run_attempts"] = new RunAttempts([new RunAttempt(Attempt, Sample.Recipe, ImageFormats.Jpeg, 90)]),
        ["message.cancel_attempt"] = new CancelAttempt(Attempt),
        ["message.attempt_started"] = new AttemptStarted(Attempt, Sample.Run, "worker-1"),
        ["message.attempts_progressed"] = new AttemptsProgressed("worker-1", [new AttemptProgress(Attempt, Sample.Run, 12, 25)]),
        ["message.attempt_succeeded"] = new AttemptSucceeded(
            Attempt, Sample.Run, "worker-1", new StoredImage("images/0198/000003-2-0198.png", Sample.Task.Sha256!, 3, 750, Sample.Profile)),
        ["message.attempt_succeeded.judged"] = new AttemptSucceeded(
            Attempt, Sample.Run, "worker-1",
            new StoredImage("images/0198/000003-2-0198.png", Sample.Task.Sha256!, 3, 750, Sample.Profile) { SafetyFlag = true, SafetyScore = 0.25 }),
        ["message.attempt_failed"] = new AttemptFailed(
            Attempt, Sample.Run, "worker-1", new AttemptFailure(FailureCodes.StoreUnavailable, true, "The object store refused.", TimeSpan.FromSeconds(2.5))),
        ["message.attempt_returned"] = new AttemptReturned(Attempt, Sample.Run, "worker-1"),
        ["message.attempt_canceled"] = new AttemptCanceled(Attempt, Sample.Run, "worker-1"),
        ["message.attempt_reports"] = new AttemptReports(
        [
            AttemptReport.Of(new AttemptStarted(Attempt, Sample.Run, "worker-1")),
            AttemptReport.Of(new AttemptSucceeded(
                Attempt, Sample.Run, "worker-1", new StoredImage("images/0198/000003-2-0198.png", Sample.Task.Sha256!, 3, 750, Sample.Profile))),
            AttemptReport.Of(new AttemptFailed(
                Attempt, Sample.Run, "worker-1", new AttemptFailure(FailureCodes.OutOfMemory, true, "The device has no memory left."))),
            AttemptReport.Of(new AttemptReturned(Attempt, Sample.Run, "worker-1")),
            AttemptReport.Of(new AttemptCanceled(Attempt, Sample.Run, "worker-1")),
        ]),
        ["message.worker_announced"] = new WorkerAnnounced(
            "worker-1", Sample.Run.Value, new WorkerCapabilities([new DeviceCapabilities("cpu", 4, Sample.Profile, 250_000)], [Description])),
        ["message.worker_announced.fetching"] = new WorkerAnnounced(
            "worker-1", Sample.Run.Value, new WorkerCapabilities([], [Description with { IsFixedSize = true, OneTimestepPerCall = true, ZeroesEmptyNegative = true }]) { FetchesCheckpoints = true }),
        ["message.worker_announced.measured"] = new WorkerAnnounced(
            "worker-1", Sample.Run.Value, new WorkerCapabilities(
            [
                new DeviceCapabilities("cuda0", 16, Sample.Profile, 20_000_000)
                {
                    MemoryBytes = 25_769_803_776,
                    Resident = [Sample.Checkpoint],
                    Measured = [new SharedSpeed(1, 8_000_000), new SharedSpeed(16, 20_500_000.5)],
                },
            ], [Description])),
        ["message.worker_announced.capable"] = new WorkerAnnounced(
            "worker-1", Sample.Run.Value, new WorkerCapabilities(
            [
                new DeviceCapabilities("cuda0", 16, Sample.Profile, 20_000_000)
                {
                    MemoryBytes = 25_769_803_776,
                    Resident = [Sample.Checkpoint],
                    Measured = [new SharedSpeed(1, 8_000_000)],
                    Provider = "cuda",
                    Determinism = DeterminismClasses.Fast,
                    PixelsPerImage = 1_048_576,
                    Speeds = [new RowSpeed(2, 0.75), new RowSpeed(16, 3.5)],
                },
            ], [Description])),
        ["message.worker_announced.upscalers"] = new WorkerAnnounced(
            "worker-1", Sample.Run.Value, new WorkerCapabilities([], []) { Upscalers = [new UpscalerDescription("4x", Sample.Checkpoint)] }),
        ["message.worker_announced.enlarging"] = new WorkerAnnounced(
            "worker-1", Sample.Run.Value, new WorkerCapabilities([], [Description with { EnlargesBy = 4 }])),
        ["message.prepare_checkpoint"] = new PrepareCheckpoint("cpu", Sample.Checkpoint),
        ["api.checkpoint.enlarging"] = Sample.CheckpointView with { EnlargesBy = 4 },
        ["api.checkpoint.stored"] = Sample.CheckpointView with { OneTimestepPerCall = true, StoredBytes = 12_345, PushedAt = Sample.Time },
        ["api.stored_checkpoint"] = new StoredCheckpointView("demo", Sample.Checkpoint, 12_345, Sample.Time),
        ["store.checkpoint_manifest"] = new CheckpointManifest
        {
            Description = Description,
            Files = [new CheckpointFile("unet/model.onnx", 3, Sample.Task.Sha256!, [Sample.Task.Sha256!])],
        },
        ["store.checkpoint_name"] = new CheckpointName(Sample.Checkpoint, Sample.Time),
        ["message.worker_heartbeat"] = new WorkerHeartbeat("worker-1", Sample.Run.Value, [new HeldRun(Attempt, Sample.Run)]),
        ["message.worker_left"] = new WorkerLeft("worker-1", Sample.Run.Value),
    };

    public static TheoryData<string> Names => [.. Shapes.Keys];

    /// <summary>The type of a shape, which files of that name and of names that begin with it hold.</summary>
    internal static Type TypeOf(string file) =>
        Shapes[Shapes.Keys.Where(name => file == name || file.StartsWith(name + ".", StringComparison.Ordinal)).MaxBy(name => name.Length)!].GetType();

    [Theory]
    [MemberData(nameof(Names))]
    public void Shape_is_written_as_pinned(string name)
    {
        var path = Repository.PathTo("tests", "RenderFarm.Tests", "Contracts", "Pinned", name + ".json");
        var written = JsonSerializer.Serialize(Shapes[name], Shapes[name].GetType(), Indented) + "\n";
        if (Environment.GetEnvironmentVariable("RENDERFARM_REWRITE_PINNED") == "1") File.WriteAllText(path, written);
        Assert.Equal(File.ReadAllText(path), written);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pinned_shape_is_read_back_without_loss(string name)
    {
        var type = Shapes[name].GetType();
        var pinned = File.ReadAllText(Repository.PathTo("tests", "RenderFarm.Tests", "Contracts", "Pinned", name + ".json"));
        var read = JsonSerializer.Deserialize(pinned, type, FarmJson.Options);
        Assert.Equal(pinned, JsonSerializer.Serialize(read, type, Indented) + "\n");
    }

    [Fact]
    public void Every_message_of_the_contract_is_pinned()
    {
        var pinned = Shapes.Values.Select(shape => shape.GetType().Name).ToHashSet();
        var messages = typeof(RunAttempt).Assembly.GetExportedTypes()
            .Where(type => type.Namespace is "RenderFarm.Contracts.Attempts" or "RenderFarm.Contracts.Workers")
            .Where(type => type is { IsAbstract: false } && !IsPartOfAMessage(type.Name))
            .Select(type => type.Name);
        Assert.Empty(messages.Except(pinned));

        static bool IsPartOfAMessage(string name) => name is nameof(AttemptProgress) or nameof(AttemptReport) or nameof(StoredImage) or nameof(AttemptFailure)
            or nameof(HeldRun) or nameof(WorkerCapabilities) or nameof(DeviceCapabilities) or nameof(SharedSpeed) or nameof(RowSpeed) or nameof(CheckpointDescription)
            or nameof(UpscalerDescription);
    }

    [Fact]
    public void Unknown_member_of_a_request_is_refused_by_name()
    {
        var error = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SubmitJob>("""{"prompt":"a","stepz":5}""", FarmJson.Options));
        Assert.Contains("stepz", error.Message, StringComparison.Ordinal);
    }
}
