using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Workers;

/// <summary>The routes of workers and checkpoints.</summary>
internal static class WorkerEndpoints
{
    public static void MapWorkers(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/workers", WorkersAsync)
            .WithTags("Farm").WithName("ListWorkers").WithSummary("Workers and their devices by name")
            .Produces<Page<WorkerView>>().ProducesProblems();
        routes.MapGet("/v1/checkpoints", CheckpointsAsync)
            .WithTags("Farm").WithName("ListCheckpoints").WithSummary("Checkpoints that jobs can name")
            .Produces<Page<CheckpointView>>().ProducesProblems();
    }

    private static async Task<IResult> WorkersAsync(FarmRecord record, CancellationToken cancellation) => Answers.Ok(await record.ReadAsync(
        async db =>
        {
            var workers = await db.Workers.OrderBy(worker => worker.Name).ToListAsync(cancellation);
            var devices = (await db.Devices.OrderBy(device => device.Device).ToListAsync(cancellation)).ToLookup(device => device.Worker);
            var said = (await db.DeviceCapabilities.ToListAsync(cancellation)).ToDictionary(row => (row.Worker, row.Device), row => AnnouncedDevices.Read(row.Capabilities));
            var names = await db.Checkpoints.Select(row => new { row.Digest, row.Name }).ToDictionaryAsync(row => row.Digest, row => row.Name, cancellation);
            var held = (await Fleet.HeldAsync(db, cancellation)).ToDictionary(row => (row.Worker, row.Device), row => row.Count);
            return new Page<WorkerView>([.. workers.Select(worker => View(worker, [.. devices[worker.Name].Select(device => View(device, held, said, names))]))], null);
        },
        cancellation));

    private static DeviceView View(
        FarmDevice device, Dictionary<(string, string), int> held, Dictionary<(string, string), DeviceCapabilities> said, Dictionary<string, string> names)
    {
        var view = new DeviceView(
            device.Device, device.Slots, held.GetValueOrDefault((device.Worker, device.Device)), device.Profile, Math.Round(device.Speed));
        return !said.TryGetValue((device.Worker, device.Device), out var announced) ? view : view with
        {
            Provider = announced.Provider,
            Determinism = announced.Determinism,
            MemoryBytes = announced.MemoryBytes,
            PixelsPerImage = announced.PixelsPerImage,
            Resident = announced.Resident?.Select(digest => new ResidentView(digest, names.GetValueOrDefault(digest))).ToList(),
            Speeds = announced.Speeds,
        };
    }

    private static WorkerView View(FarmWorker worker, IReadOnlyList<DeviceView> devices) => new(
        worker.Name,
        worker.Status,
        devices,
        worker.LastSeenAt,
        worker.DrainedAt,
        worker is { QuarantineReason: { } reason, TrialAt: { } trial } ? new QuarantineView(reason, trial) : null)
    {
        Upscalers = worker.Upscalers is { } upscalers ? UpscalerNames.Read(upscalers) : null,
    };

    private static async Task<IResult> CheckpointsAsync(CheckpointCatalog checkpoints, CancellationToken cancellation)
    {
        var catalog = await checkpoints.LoadAsync(cancellation);
        var byDefault = catalog.Default?.Digest;
        return Answers.Ok(new Page<CheckpointView>([.. catalog.Entries.Select(entry => View(entry, byDefault))], null));
    }

    private static CheckpointView View(CatalogEntry entry, string? byDefault) => new()
    {
        Name = entry.Checkpoint.Name,
        Digest = entry.Checkpoint.Digest,
        IsDefault = entry.Checkpoint.Digest == byDefault,
        Width = entry.Checkpoint.Width,
        Height = entry.Checkpoint.Height,
        EnlargesBy = entry.Checkpoint.EnlargesBy,
        Steps = entry.Checkpoint.Steps,
        Sampler = entry.Checkpoint.Sampler,
        NoiseSchedule = entry.Checkpoint.NoiseSchedule,
        GuidanceScale = entry.Checkpoint.GuidanceScale,
        OneTimestepPerCall = entry.Checkpoint.OneTimestepPerCall,
        Workers = entry.Workers,
        StoredBytes = entry.Stored?.SizeBytes,
        PushedAt = entry.Stored?.PushedAt,
    };
}
