using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RenderFarm.Coordinator;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing;
using RenderFarm.Worker;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>
/// A process of the farm under load, put together as the programs do it, but for the renderer. Settings come from the environment (<c>RenderFarm__…</c>, and
/// <c>LOAD_…</c> for its own); its address goes to standard output, and it ends when standard input does.
/// </summary>
internal static class FarmHost
{
    /// <summary>Environment variable: <c>coordinator</c>, <c>worker</c> or <c>both</c>.</summary>
    public const string Role = "LOAD_ROLE";

    /// <summary>Environment variable: <c>null</c> or <c>demo</c>.</summary>
    public const string Renderer = "LOAD_RENDERER";

    /// <summary>Environment variable: bytes of a null image.</summary>
    public const string Bytes = "LOAD_BYTES";

    /// <summary>Environment variable: milliseconds that a null image takes.</summary>
    public const string Milliseconds = "LOAD_MILLISECONDS";

    /// <summary>Environment variable: file that gets a line with seed and UTC ticks for each first instruction of a null image; empty for none.</summary>
    public const string Starts = "LOAD_STARTS";

    public static async Task RunAsync()
    {
        var role = Setting(Role);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddObjectStore(builder.Configuration);
        var connection = builder.Configuration["RenderFarm:Record:Connection"];
        if (role is "coordinator" or "both")
        {
            builder.Services.AddCoordinator(
                options =>
                {
                    builder.Configuration.GetSection(CoordinatorOptions.Section).Bind(options);
                    options.TenantHeader = LoadGenerator.TenantHeader;
                },
                record => record.Connection = connection!);
        }

        builder.Services.AddFarmBus(builder.Configuration, role switch
        {
            "coordinator" => [CoordinatorBus.Part],
            "worker" => [WorkerBus.Part],
            _ => [CoordinatorBus.Part, WorkerBus.Part],
        });
        if (role is "worker" or "both") await AddWorkerAsync(builder.Services);
        await using var application = builder.Build();
        if (role is "coordinator" or "both") application.MapCoordinator();
        await application.StartAsync();
        await Console.Out.WriteLineAsync(application.Urls.First());
        await Console.In.ReadToEndAsync();
        await application.StopAsync();
    }

    private static async Task AddWorkerAsync(IServiceCollection services)
    {
        if (Setting(Renderer) == "null")
        {
            var starts = Setting(Starts) is { Length: > 0 } file ? TextWriter.Synchronized(new StreamWriter(file) { AutoFlush = true }) : null;
            Action<uint>? started = starts is null
                ? null
                : seed => starts.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seed} {TimeProvider.System.GetUtcNow().UtcTicks}"));
            services.AddSingleton<IPipelineLoader>(new NullLoader(
                int.Parse(Setting(Bytes), CultureInfo.InvariantCulture),
                TimeSpan.FromMilliseconds(int.Parse(Setting(Milliseconds), CultureInfo.InvariantCulture)),
                started));
        }

        services.AddWorker(await WorkerCheckpoints.OpenAsync([Repository.DemoCheckpoint], CancellationToken.None), options =>
        {
            options.Name = "load";
            options.Device = "cpu";
        });
    }

    private static string Setting(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set.");
}
