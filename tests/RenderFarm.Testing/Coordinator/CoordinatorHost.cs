using System.Net.Http.Json;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Hosting.Background;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Testing.Coordinator;

/// <summary>A whole coordinator on a free port, with a record in a folder and scripted workers on its bus.</summary>
public sealed class CoordinatorHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private CoordinatorHost(WebApplication app, HttpClient client)
    {
        _app = app;
        Client = client;
    }

    /// <summary>Speaks to the API.</summary>
    public HttpClient Client { get; }

    /// <summary>The coordinator's services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a coordinator.</summary>
    /// <param name="place">The folder of a SQLite record, or the connection string of another; a second host may go on with it.</param>
    /// <param name="store">The object store.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="configure">Changes options; null for the defaults.</param>
    /// <param name="workers">Workers on the bus. They announce themselves when the test says so.</param>
    public static async Task<CoordinatorHost> StartAsync(
        string place, MemoryObjectStore store, TimeProvider clock, Action<CoordinatorOptions>? configure, params ScriptedWorker[] workers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Services.AddSingleton(clock).AddSingleton<IObjectStore>(store);
        builder.Services.AddCoordinator(options => configure?.Invoke(options), record => record.Connection = place.Contains('=', StringComparison.Ordinal) ? place : $"Data Source={Path.Combine(place, "farm.db")}");
        builder.Services.AddFarmBus([CoordinatorBus.Part, .. workers.Select(worker => worker.Part)]);
        var app = builder.Build();
        app.MapCoordinator();
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        foreach (var worker in workers) worker.Bus = app.Services.GetRequiredService<IBus>();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new CoordinatorHost(app, new HttpClient { BaseAddress = new Uri(address) });
    }

    /// <summary>Reads a value from the API.</summary>
    public async Task<T> GetAsync<T>(string path, CancellationToken cancellation) =>
        (await Client.GetFromJsonAsync<T>(path, FarmJson.Options, cancellation))!;

    /// <summary>Submits a job that must be accepted.</summary>
    public async Task<JobView> SubmitAsync(object request, CancellationToken cancellation)
    {
        using var answer = await Client.PostAsJsonAsync("/v1/jobs", request, FarmJson.Options, cancellation);
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException(await answer.Content.ReadAsStringAsync(cancellation));
        return (await answer.Content.ReadFromJsonAsync<JobView>(FarmJson.Options, cancellation))!;
    }

    /// <summary>Waits, woken by the coordinator's own signals, until a job looks as the test expects.</summary>
    public async Task<JobView> UntilAsync(JobId job, Func<JobView, bool> expected, CancellationToken cancellation)
    {
        using var listener = Services.GetRequiredService<JobEventHub>().Listen(job);
        while (true)
        {
            var view = await GetAsync<JobView>($"/v1/jobs/{job}", cancellation);
            if (expected(view)) return view;
            await listener.WaitAsync(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellation);
        }
    }

    /// <summary>Wakes a loop and waits until it has seen everything done so far.</summary>
    public async Task PassAsync<T>(CancellationToken cancellation)
        where T : FarmLoop
    {
        // Two ends: the pass that may be under way has not seen what was done last.
        var loop = Services.GetRequiredService<T>();
        for (var pass = 0; pass < 2; pass++)
        {
            var next = loop.NextPass();
            loop.Wake();
            await next.WaitAsync(cancellation);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
