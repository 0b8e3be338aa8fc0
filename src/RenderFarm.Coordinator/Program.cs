using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Hosting.Startup;
using RenderFarm.Hosting.Telemetry;

namespace RenderFarm.Coordinator;

/// <summary>The coordinator as a process of its own: settings from the environment (<c>RENDERFARM__COORDINATOR__NAME</c> …), files and secrets.</summary>
internal static class Program
{
    private static Task<int> Main(string[] args) => FarmProgram.RunAsync(args, new FarmRole("coordinator", 8080, BuildAsync, Map, Explain, error => error is RecordException { IsPassing: true }));

    private static Task BuildAsync(WebApplicationBuilder builder)
    {
        builder.Services.AddObjectStore(builder.Configuration);
        builder.Services.AddFarmTelemetry(builder.Configuration, "coordinator");
        builder.Services.AddFarmBus(builder.Configuration, CoordinatorBus.Part);
        builder.Services.AddCoordinator(
            builder.Configuration.GetSection(CoordinatorOptions.Section).Bind, builder.Configuration.GetSection(RecordOptions.Section).Bind);
        return Task.CompletedTask;
    }

    private static void Map(WebApplication application) => application.MapCoordinator();

    private static string? Explain(Exception error) => error is RecordException ? error.Message : null;
}
