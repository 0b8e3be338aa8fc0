using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Hosting.Health;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Hosting.Startup;
using RenderFarm.Hosting.Telemetry;

namespace RenderFarm.Worker;

/// <summary>The worker as a process of its own: settings from the environment (<c>RENDERFARM__WORKER__NAME</c> …), files and secrets.</summary>
internal static class Program
{
    private static Task<int> Main(string[] args) => FarmProgram.RunAsync(args, new FarmRole("worker", 8081, BuildAsync, Map, Explain));

    private static async Task BuildAsync(WebApplicationBuilder builder)
    {
        var section = builder.Configuration.GetSection(WorkerOptions.Section);
        var options = section.Get<WorkerOptions>() ?? new WorkerOptions();
        builder.Services.AddObjectStore(builder.Configuration);
        builder.Services.AddFarmTelemetry(builder.Configuration, "worker");
        builder.Services.AddFarmBus(builder.Configuration, WorkerBus.Part);
        if (options.Renderer == WorkerOptions.NullRenderer) builder.Services.AddNullRenderer();
        builder.Services.AddWorker(await CheckpointsAsync(options), section.Bind);
        builder.Services.AddSingleton<IReadiness, EngineReadiness>();
        // What is held is handed back first, then the bus says goodbye.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.StopGrace + TimeSpan.FromSeconds(20));
        if (!options.Health) builder.Services.AddNoServer();
    }

    private static void Map(WebApplication application)
    {
        application.MapHealth();
        application.MapFarmMetrics();
    }

    private static async Task<WorkerCheckpoints> CheckpointsAsync(WorkerOptions options)
    {
        if (options.Checkpoints is { Count: > 0 } folders) return await WorkerCheckpoints.OpenAsync([.. folders], CancellationToken.None);
        // A worker that fetches needs none of its own.
        if (options.CheckpointCache is not null) return WorkerCheckpoints.None;
        throw new FarmStartupException($"{WorkerOptions.Section}:Checkpoints names no folder; allowed is a list of checkpoint folders in the diffusers ONNX layout, such as RENDERFARM__WORKER__CHECKPOINTS__0=/checkpoints/demo, or none beside {WorkerOptions.Section}:CheckpointCache.");
    }

    private static string? Explain(Exception error) => error is CheckpointException or NotSupportedException ? error.Message : null;
}
