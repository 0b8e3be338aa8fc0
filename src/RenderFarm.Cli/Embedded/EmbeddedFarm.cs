using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Cli.Client;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Worker;

namespace RenderFarm.Cli.Embedded;

/// <summary>
/// Coordinator and worker in this process: in-memory bus, SQLite record, folder store. The same roles as in a distributed farm, put together here and
/// nowhere else. This program talks to it over a private Unix socket, exactly as a client talks to a remote server.
/// </summary>
internal sealed class EmbeddedFarm : IRunningFarm
{
    /// <summary>The worker's name, the same at every start: what its former self held goes back to the backlog at once.</summary>
    private const string WorkerName = "embedded";

    private readonly WebApplication _application;
    private readonly DataFolder _data;
    private readonly DirectoryInfo _socketFolder;

    private EmbeddedFarm(WebApplication application, DataFolder data, DirectoryInfo socketFolder, IReadOnlyList<string> addresses)
    {
        _application = application;
        _data = data;
        _socketFolder = socketFolder;
        Addresses = addresses;
        Client = ConnectTo(SocketIn(socketFolder));
    }

    public HttpClient Client { get; }

    public IReadOnlyList<string> Addresses { get; }

    /// <exception cref="FarmStartException">A checkpoint, the data folder or an address is not usable.</exception>
    public static async Task<IRunningFarm> StartAsync(EmbeddedFarmOptions options, CancellationToken cancellation)
    {
        var data = DataFolder.Open(options.DataFolder);
        var sockets = Directory.CreateTempSubdirectory("renderfarm-socket-");
        WebApplication? application = null;
        try
        {
            application = await BuildAsync(options, data, SocketIn(sockets), cancellation);
            var before = TimeProvider.System.GetUtcNow();
            await StartAsync(application, options, cancellation);
            var farm = new EmbeddedFarm(application, data, sockets, [.. application.Urls.Where(url => !url.Contains("unix:", StringComparison.Ordinal))]);
            await farm.HearWorkerAsync(before, cancellation);
            return farm;
        }
        catch
        {
            if (application is not null) await application.DisposeAsync();
            sockets.Delete(recursive: true);
            data.Dispose();
            throw;
        }
    }

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _application.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
        _socketFolder.Delete(recursive: true);
        _data.Dispose();
    }

    // Names become digests when a job is submitted, and checkpoints are looked up before one is reproduced; a new record knows none of them, and one of before
    // may know others. So the worker's first word is waited for.
    private async Task HearWorkerAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        var client = new FarmClient(Client, TimeProvider.System);
        // The record keeps whole milliseconds.
        while (!(await client.GetWorkersAsync(cancellation)).Any(worker => worker.Name == WorkerName && worker.LastSeenAt > before.AddMilliseconds(-1)))
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellation);
    }

    private static async Task<WebApplication> BuildAsync(
        EmbeddedFarmOptions options, DataFolder data, string socket, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls([.. options.Urls, $"http://unix:{socket}"]);
        builder.Logging.ClearProviders();
        if (options.Verbose) builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);

        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IObjectStore>(new FileObjectStore(data.ObjectsFolder));
        builder.Services.AddCoordinator(_ => { }, record => record.Connection = $"Data Source={data.RecordFile}");
        builder.Services.AddFarmBus(CoordinatorBus.Part, WorkerBus.Part);
        builder.Services.AddWorker(await OpenCheckpointsAsync(options, cancellation), worker =>
        {
            worker.Name = WorkerName;
            worker.Device = options.Device;
            worker.CheckpointCache = data.CheckpointsFolder;
            worker.UpscalerFolder = options.UpscalerFolder;
        });

        var application = builder.Build();
        application.MapCoordinator();
        return application;
    }

    private static async Task<WorkerCheckpoints> OpenCheckpointsAsync(EmbeddedFarmOptions options, CancellationToken cancellation)
    {
        var folders = options.CheckpointFolders.Count > 0 ? options.CheckpointFolders : [DemoCheckpoint];
        try
        {
            return await WorkerCheckpoints.OpenAsync(folders, cancellation);
        }
        catch (CheckpointException error)
        {
            throw Unusable(error, options);
        }
    }

    /// <summary>The small checkpoint that travels with the program.</summary>
    public static string DemoCheckpoint => Path.Combine(AppContext.BaseDirectory, "demo-checkpoint");

    private static async Task StartAsync(WebApplication application, EmbeddedFarmOptions options, CancellationToken cancellation)
    {
        try
        {
            await application.StartAsync(cancellation);
        }
        catch (CheckpointException error)
        {
            throw Unusable(error, options);
        }
        catch (GenerationException error)
        {
            throw new FarmStartException(error.Message, "Free some memory, or choose a smaller checkpoint with --model or another --device.", error);
        }
        catch (Exception error) when (error is NotSupportedException or OptionsValidationException)
        {
            throw new FarmStartException(error.Message, "Correct --device, or leave it out.", error);
        }
        catch (RecordException error)
        {
            throw new FarmStartException(error.Message, "Choose another folder with --data, or the version of renderfarm that wrote it.", error);
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw new FarmStartException(error.Message, "Stop the other program, or choose another address with --urls.", error);
        }
        catch (Exception error) when (error is IOException or SocketException or FormatException or InvalidOperationException)
        {
            throw new FarmStartException(error.Message, "Correct the address in --urls, for example http://127.0.0.1:8180.", error);
        }
    }

    private static FarmStartException Unusable(CheckpointException error, EmbeddedFarmOptions options) => new(
        error.Message,
        options.UpscalerFolder is { } folder && error.File.StartsWith(folder, StringComparison.Ordinal)
            ? "Point --upscalers at a folder of upscalers, each a single ONNX file, or leave it out."
            : "Point --model at a complete ONNX folder in the diffusers layout, or leave it out for the demo checkpoint.",
        error);

    private static string SocketIn(DirectoryInfo folder) => Path.Combine(folder.FullName, "farm.sock");

    private static HttpClient ConnectTo(string socket)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                    return new NetworkStream(connection, ownsSocket: true);
                }
                catch
                {
                    connection.Dispose();
                    throw;
                }
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri("http://farm.localhost"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The command line decides what Ctrl-C and SIGTERM mean.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
