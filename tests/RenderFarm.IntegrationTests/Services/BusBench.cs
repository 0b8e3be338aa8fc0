using System.Threading.Channels;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Hosting.Health;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.Messaging.Queues;
using Xunit;

namespace RenderFarm.IntegrationTests.Services;

/// <summary>A process's bus on a broker, with one queue of each kind that keeps what it gets.</summary>
internal sealed class BusBench : IAsyncDisposable
{
    public const string Lasting = "test.lasting";
    public const string Owned = "test.owned";

    /// <summary>How often the reader of <see cref="Owned"/> tries a message.</summary>
    public const int Tries = 3;

    private readonly IHost _host;

    private BusBench(IHost host) => _host = host;

    public Channel<AttemptReports> Reports { get; } = Channel.CreateUnbounded<AttemptReports>();

    public Channel<(WorkerHeartbeat Message, string Body)> Heartbeats { get; } = Channel.CreateUnbounded<(WorkerHeartbeat, string)>();

    public Channel<CancelAttempt> Commands { get; } = Channel.CreateUnbounded<CancelAttempt>();

    /// <summary>What the reader of <see cref="Owned"/> waits for before it is done with a message; null to be done at once.</summary>
    public Task? Holding { get; set; }

    /// <summary>What the reader of <see cref="Owned"/> says of each message; null while it handles them.</summary>
    public Exception? Failure { get; set; }

    public QueueActivity Activity => _host.Services.GetRequiredService<QueueActivity>();

    public FarmSender Sender => _host.Services.GetRequiredService<FarmSender>();

    public QueuePause Pause => _host.Services.GetRequiredService<QueuePause>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static CancelAttempt Command(int index) => new(new AttemptId(new JobId(Guid.Empty), index, 1));

    /// <summary>Starts the bus; whether the broker is there is another matter.</summary>
    public static async Task<BusBench> StartAsync(Uri broker, TimeSpan? sendTimeout = null)
    {
        BusBench? bench = null;
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["RenderFarm:Bus:Connection"] = broker.ToString(),
            ["RenderFarm:Bus:SendTimeout"] = (sendTimeout ?? TimeSpan.FromSeconds(5)).ToString(),
            ["RenderFarm:Bus:Heartbeat"] = "00:00:02",
        }).Build();
        builder.Services.AddFarmBus(configuration, new BusPart(_ => { }, (_, transport) => bench!.Declare(transport)));
        bench = new BusBench(builder.Build());
        LogContext.ConfigureCurrentLogContext(bench._host.Services.GetRequiredService<ILoggerFactory>());
        await bench._host.StartAsync(Cancellation);
        return bench;
    }

    /// <summary>Waits until the bus says that it is up.</summary>
    public async Task<BusBench> ReadyAsync(TimeSpan? patience = null)
    {
        var readiness = _host.Services.GetServices<IReadiness>().Single(part => part is BusReadiness);
        using var limit = new CancellationTokenSource(patience ?? TimeSpan.FromSeconds(30));
        while (await readiness.WhatIsAwayAsync(Cancellation) is not null) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        return this;
    }

    /// <summary>What a probe of readiness is told, in the probe's time.</summary>
    public Task<IReadOnlyList<string>> ProbeAsync() => ActivatorUtilities.CreateInstance<Readiness>(_host.Services).WhatIsAwayAsync(Cancellation);

    /// <summary>What readiness says.</summary>
    public async Task<string?> WhatIsAwayAsync() =>
        await _host.Services.GetServices<IReadiness>().Single(part => part is BusReadiness).WhatIsAwayAsync(Cancellation);

    /// <summary>Sends until it succeeds, as the farm's loops do.</summary>
    public async Task SendUntilTakenAsync(string queue, object message)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                await Sender.SendAsync(queue, message, isLasting: true, limit.Token);
                return;
            }
            catch (BusException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        // As the programs do: some services end in their own time.
        await ((IAsyncDisposable)_host).DisposeAsync();
    }

    private void Declare(IReceiveConfigurator transport)
    {
        transport.Queue(Lasting, QueueLife.Lasting, endpoint =>
        {
            endpoint.Handler<AttemptReports>(async context => await Reports.Writer.WriteAsync(context.Message));
            endpoint.Handler<WorkerHeartbeat>(async context => await Heartbeats.Writer.WriteAsync((context.Message, context.ReceiveContext.Body.GetString())));
        });
        transport.Queue(Owned, QueueLife.Owned, endpoint =>
        {
            endpoint.UseMessageRetry(retry => retry.Immediate(Tries - 1));
            endpoint.Handler<CancelAttempt>(async context =>
            {
                await Commands.Writer.WriteAsync(context.Message);
                if (Failure is { } failure) throw failure;
                if (Holding is { } holding) await holding;
            });
        });
    }
}
