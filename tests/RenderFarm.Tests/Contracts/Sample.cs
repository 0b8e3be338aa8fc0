using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Tests.Contracts;

/// <summary>Samples with every member filled in; override what a test is about with <c>with</c>.</summary>
internal static class Sample
{
    public const string Checkpoint = "sha256:3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b";
    public const string Profile = "onnxruntime 1.31.1/cpu/x64-avx512/1";

    public static readonly DateTimeOffset Time = new(2026, 1, 31, 12, 30, 5, 250, TimeSpan.Zero);
    public static readonly JobId Job = JobId.Parse("0198c0de-7f3a-7c11-9d5e-2f6a1b3c4d5e", null);
    public static readonly RunId Run = new(Guid.ParseExact("0198c0de80017b22a1b2c3d4e5f60718", "N"));

    public static Recipe Recipe { get; } = new()
    {
        Checkpoint = Checkpoint,
        Prompt = "a red circle on \"blue\" – ☂\nsecond line",
        NegativePrompt = "blurry",
        PromptSyntax = PromptSyntaxes.A1111,
        Seed = 4294967295,
        Width = 64,
        Height = 72,
        Steps = 25,
        Sampler = Samplers.Ddim,
        NoiseSchedule = NoiseSchedules.Uniform,
        TimestepSpacing = TimestepSpacings.Leading,
        Eta = 0.5,
        GuidanceScale = 7.5,
    };

    public static TaskView Task { get; } = new()
    {
        Index = 3,
        Status = "completed",
        Recipe = Recipe,
        RecipeId = Recipe.Id(),
        Attempts = 1,
        Worker = "worker-1",
        ImageUrl = $"/v1/jobs/{Job}/images/3",
        Sha256 = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        SizeBytes = 3,
        RenderSeconds = 0.75,
        Profile = Profile,
        EndedAt = Time.AddSeconds(2),
    };

    public static TaskView FailedTask { get; } = Task with
    {
        Status = "failed",
        ImageUrl = null,
        Sha256 = null,
        SizeBytes = null,
        RenderSeconds = null,
        Profile = null,
        Failure = new FailureView("out_of_memory", "The device ran out of memory at 2048×2048."),
    };

    public static JobView JobView { get; } = new()
    {
        Id = Job,
        Status = "active",
        Label = "catalogue 7",
        Model = "demo",
        Checkpoint = Checkpoint,
        Priority = Priorities.Normal,
        Format = ImageFormats.Png,
        Tasks = new TaskCounts(10, 4, 1, 1, 2, 1, 1),
        Sweep = new SweepView
        {
            Prompts = ["a red circle", "a blue square"],
            NegativePrompt = "",
            Samplers = [new SweepSampler(Samplers.DpmPlusPlus2M, NoiseSchedules.Karras)],
            Steps = [25],
            GuidanceScales = [4],
            Seeds = [7],
            Images = 5,
            Width = 64,
            Height = 64,
            TimestepSpacing = TimestepSpacings.Leading,
            Eta = 0,
            NoiseSource = NoiseSources.TorchCpu,
            Determinism = DeterminismClasses.Reproducible,
        },
        Profile = Profile,
        CreatedAt = Time,
        StartedAt = Time.AddSeconds(1),
        EtaSeconds = 12.5,
        Waiting = "No worker holds checkpoint demo.",
    };

    public static CheckpointView CheckpointView { get; } = new()
    {
        Name = "demo",
        Digest = Checkpoint,
        IsDefault = true,
        Width = 64,
        Height = 64,
        Steps = 25,
        Sampler = Samplers.DpmPlusPlus2M,
        NoiseSchedule = NoiseSchedules.Uniform,
        GuidanceScale = 4,
        Workers = 1,
    };
}
