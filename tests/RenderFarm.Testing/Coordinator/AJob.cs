using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Testing.Coordinator;

/// <summary>Builds jobs for tests of pure rules.</summary>
internal static class AJob
{
    /// <summary>A job whose tasks are all queued and cost 1 each.</summary>
    public static RenderJob With(int total, string priority = Priorities.Normal, string determinism = DeterminismClasses.Reproducible, long pixels = 0) => new RenderJob
    {
        Id = new JobId(Guid.CreateVersion7(DateTimeOffset.UnixEpoch)),
        Tenant = "default",
        Model = "demo",
        Checkpoint = ScriptedWorker.Digest,
        Priority = priority,
        Determinism = determinism,
        Pixels = pixels,
        Format = ImageFormats.Png,
        TasksTotal = total,
        Cost = total,
        CreatedAt = DateTimeOffset.UnixEpoch,
    }.WithAllQueued();

    /// <summary>A job as a submission at a time makes it: an id of its own that carries the time, and a key or none.</summary>
    public static RenderJob Submitted(DateTimeOffset at, int total, string? key = null, int? retentionDays = null, string tenant = "default", long pixels = 0) => new RenderJob
    {
        Id = new JobId(Guid.CreateVersion7(at)),
        Tenant = tenant,
        Model = "demo",
        Checkpoint = ScriptedWorker.Digest,
        Priority = Priorities.Normal,
        Determinism = DeterminismClasses.Reproducible,
        Format = ImageFormats.Png,
        Pixels = pixels,
        IdempotencyKey = key,
        RetentionDays = retentionDays,
        TasksTotal = total,
        Cost = total,
        CreatedAt = at,
    }.WithAllQueued();

    /// <summary>Its tasks.</summary>
    public static RenderTask[] TasksOf(RenderJob job) =>
        [.. Enumerable.Range(0, job.TasksTotal).Select(index => new RenderTask { Job = job.Id, Index = index, Cost = 1 })];

    /// <summary>Settings of one image; override what the test is about.</summary>
    public static SweepView Sweep() => new()
    {
        Prompts = ["a cat"],
        NegativePrompt = "",
        Samplers = [new SweepSampler(Samplers.Euler, NoiseSchedules.Uniform)],
        Steps = [10],
        GuidanceScales = [3],
        Seeds = [0],
        Images = 1,
        Width = 64,
        Height = 64,
        TimestepSpacing = TimestepSpacings.Leading,
        Eta = 0,
        NoiseSource = NoiseSources.TorchCpu,
        Determinism = DeterminismClasses.Reproducible,
    };
}
