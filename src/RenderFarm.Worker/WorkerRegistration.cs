using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Hosting.Startup;
using RenderFarm.Worker.Checkpoints;
using RenderFarm.Worker.Devices;
using RenderFarm.Worker.NullRenderer;
using RenderFarm.Worker.Telemetry;

namespace RenderFarm.Worker;

/// <summary>Puts a worker together. The host adds the bus (with <see cref="WorkerBus.Part"/>), an object store and a clock.</summary>
public static class WorkerRegistration
{
    /// <summary>Adds the worker's services. Call after the bus was added, so that the worker stops before it.</summary>
    /// <param name="services">The process's services.</param>
    /// <param name="checkpoints">Checkpoints opened by <see cref="WorkerCheckpoints.OpenAsync"/>.</param>
    /// <param name="configure">Sets options.</param>
    public static IServiceCollection AddWorker(this IServiceCollection services, WorkerCheckpoints checkpoints, Action<WorkerOptions> configure)
    {
        services.AddOptions<WorkerOptions>().Configure(configure).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => Shelf(provider, checkpoints));
        services.AddSingleton(provider => UpscalerShelf.Open(provider.GetRequiredService<IOptions<WorkerOptions>>().Value));
        services.AddSingleton<WorkerIdentity>();
        services.AddSingleton<HeldRuns>();
        services.AddSingleton<RecentSuccesses>();
        services.AddSingleton(Devices);
        services.TryAddSingleton<IPipelineLoader, StableDiffusionLoader>();
        services.AddSingleton<InputPictures>();
        services.AddSingleton<StorePatience>();
        services.AddSingleton<ImagePublisher>();
        services.AddSingleton<WorkerMeters>().AddSingleton<ReportSender>();
        services.AddSingleton<IReportSender>(provider =>
            new MeteredReportSender(provider.GetRequiredService<ReportSender>(), provider.GetRequiredService<WorkerMeters>()));
        services.AddSingleton<AttemptRunner>();
        services.TryAddSingleton<EarlyEnd>();
        services.AddSingleton<Retirement>();
        services.AddSingleton<WorkerOffer>();
        AddLoop<EngineWatchdog>(services);
        AddLoop<ReportOutbox>(services);
        AddLoop<ProgressBoard>(services);
        AddLoop<HeartbeatLoop>(services);
        services.AddHostedService<WorkerService>();
        return services;
    }

    /// <summary>
    /// Puts in the place of the engine what renders nothing, to measure and to break the farm around it. Call before <see cref="AddWorker"/>.
    /// </summary>
    internal static IServiceCollection AddNullRenderer(this IServiceCollection services) =>
        services.AddSingleton<IPipelineLoader, NullLoader>().AddSingleton<IImageFiles, PaddedImageFiles>();

    private static RenderDevices Devices(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<WorkerOptions>>();
        return new RenderDevices([.. DeviceNames.Of(options.Value).Select(device => new RenderDevice(
            device.Name,
            new PipelineCache(
                device.Setting, provider.GetRequiredService<CheckpointShelf>(), provider.GetRequiredService<IPipelineLoader>(), options,
                provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<PipelineCache>>()),
            new StepWatch(options.Value.StuckAfter),
            DeviceTraits.Of(options.Value, device.Setting)))]);
    }

    private static CheckpointShelf Shelf(IServiceProvider provider, WorkerCheckpoints checkpoints)
    {
        var options = provider.GetRequiredService<IOptions<WorkerOptions>>().Value;
        if (options.CheckpointCache is not { } folder) return checkpoints.Shelf;
        return checkpoints.Shelf.With(new CheckpointCache(
            provider.GetRequiredService<IObjectStore>(), folder, options.CheckpointCacheBytes,
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<CheckpointCache>>()));
    }

    private static void AddLoop<TLoop>(IServiceCollection services)
        where TLoop : class, IHostedService
    {
        services.AddSingleton<TLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<TLoop>());
    }
}

/// <summary>The opened checkpoints of a worker.</summary>
public sealed class WorkerCheckpoints
{
    private WorkerCheckpoints(CheckpointShelf shelf) => Shelf = shelf;

    internal CheckpointShelf Shelf { get; }

    /// <summary>None of its own: a worker that renders with what it fetches.</summary>
    public static WorkerCheckpoints None { get; } = new(new CheckpointShelf([]));

    /// <summary>Opens checkpoint folders and computes their digests. The first is loaded at start.</summary>
    /// <exception cref="Diffusion.Checkpoints.CheckpointException">A file is missing or damaged; the message names it.</exception>
    public static async Task<WorkerCheckpoints> OpenAsync(IEnumerable<string> folders, CancellationToken cancellation) =>
        new(await CheckpointShelf.OpenAsync(folders, cancellation));
}
