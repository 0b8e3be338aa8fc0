using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Hosting.Startup;
using RenderFarm.Worker;

namespace RenderFarm.Testing.Faults.Inside;

/// <summary>A coordinator or a worker as a process of its own, put together from the product's own registrations and configured by the environment.</summary>
internal static class FarmNode
{
    /// <summary>Says what to be: <c>coordinator</c> or <c>worker</c>.</summary>
    public const string RoleVariable = "RENDERFARM_NODE";

    /// <summary>Runs to its end; the exit code.</summary>
    public static Task<int> RunAsync(string role) => role == "worker" ? RunWorkerAsync() : RunCoordinatorAsync();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<int> RunCoordinatorAsync()
    {
        var builder = NewBuilder();
        builder.Services.AddObjectStore(builder.Configuration);
        builder.Services.AddCoordinator(
            options => builder.Configuration.GetSection(CoordinatorOptions.Section).Bind(options),
            record => builder.Configuration.GetSection(RecordOptions.Section).Bind(record));
        builder.Services.AddFarmBus(builder.Configuration, CoordinatorBus.Part);
        await using var application = builder.Build();
        application.MapCoordinator();
        await application.RunAsync();
        return FarmProgram.Done;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<int> RunWorkerAsync()
    {
        var builder = NewBuilder();
        builder.Services.AddObjectStore(builder.Configuration);
        builder.Services.AddFarmBus(builder.Configuration, WorkerBus.Part);
        builder.Services.AddWorker(
            await WorkerCheckpoints.OpenAsync([Repository.DemoCheckpoint], CancellationToken.None),
            options => builder.Configuration.GetSection("RenderFarm:Worker").Bind(options));
        await using var application = builder.Build();
        var end = application.Services.GetRequiredService<EarlyEnd>();
        await application.RunAsync();
        return end.Reason is null ? FarmProgram.Done : FarmProgram.StartAgain;
    }

    private static WebApplicationBuilder NewBuilder()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss.fff "));
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        return builder;
    }
}
