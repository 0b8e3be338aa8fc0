using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RenderFarm.Cli;
using RenderFarm.Cli.Commands;
using RenderFarm.Coordinator;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Worker;

namespace RenderFarm.IntegrationTests.Checkpoints;

/// <summary>A coordinator and a worker that has no checkpoint of its own, on a loopback port; and the command line that talks to them.</summary>
internal sealed class RemoteFarm : IAsyncDisposable
{
    private readonly WebApplication _application;

    private RemoteFarm(WebApplication application)
    {
        _application = application;
        Client = new HttpClient { BaseAddress = new Uri(application.Urls.Single()) };
    }

    public HttpClient Client { get; }

    public static async Task<RemoteFarm> StartAsync(string folder, Action<WorkerOptions>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IObjectStore>(new FileObjectStore(StoreOf(folder)));
        builder.Services.AddCoordinator(options => options.ShelfInterval = TimeSpan.FromMilliseconds(100), record => record.Connection = $"Data Source={Path.Combine(folder, "farm.db")}");
        builder.Services.AddFarmBus(CoordinatorBus.Part, WorkerBus.Part);
        builder.Services.AddWorker(WorkerCheckpoints.None, worker =>
        {
            worker.Device = "cpu";
            worker.CheckpointCache = CacheOf(folder);
            configure?.Invoke(worker);
        });
        var application = builder.Build();
        application.MapCoordinator();
        await application.StartAsync();
        return new RemoteFarm(application);
    }

    public static string StoreOf(string folder) => Path.Combine(folder, "store");

    public static string CacheOf(string folder) => Path.Combine(folder, "cache");

    /// <summary>Runs a command line against this farm.</summary>
    public async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] line)
    {
        using StringWriter output = new(), error = new();
        var environment = CliEnvironment.OfProgram() with { Out = output, Error = error, ErrorIsTerminal = false };
        var exitCode = await RenderFarmCommand.RunAsync([.. line, "--server", Client.BaseAddress!.ToString()], environment, Xunit.TestContext.Current.CancellationToken);
        return (exitCode, output.ToString(), error.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
