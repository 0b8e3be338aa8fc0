using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Hosting.Health;
using RenderFarm.Hosting.Messaging.Broker;

namespace RenderFarm.Hosting.Messaging;

/// <summary>Says which queues of this process are not being read, and when the broker takes no messages.</summary>
internal sealed class BusReadiness(IBusControl bus, IServiceProvider services, TimeProvider clock) : IReadiness
{
    /// <summary>Longest look at a broker that is not connected, 1 s: of one that gives no answer the rest must still be said before the probe's own limit.</summary>
    public static readonly TimeSpan LookLimit = Readiness.Limit / 2;

    public string Name => "The bus";

    public async Task<string?> WhatIsAwayAsync(CancellationToken cancellation)
    {
        var health = bus.CheckHealth();
        if (health.Status == BusHealthStatus.Healthy)
        {
            return services.GetService<BusWatch>() switch
            {
                { Alarm.Reason: { } reason } => $"The broker takes no messages, for it is {reason}: give it memory or disk, or raise its limit.",
                { Quiet: { Count: > 0 } quiet } => $"The bus has gone quiet; not read: {string.Join(", ", quiet)}.",
                _ => null,
            };
        }

        // A broker that came, or changed its certificate, after the start: nobody else says why the bus tries in vain.
        if (services.GetService<BrokerCheck>() is { IsTls: true } check && await LookAsync(check, cancellation) is { } refusal) return refusal;
        if (health.Endpoints.Count == 0) return "The bus has not started.";
        // The bus has a queue of its own besides, whose name says nothing to anyone.
        var silent = health.Endpoints.Values.Where(endpoint => endpoint.Status != BusHealthStatus.Healthy && endpoint.InputAddress != bus.Address)
            .Select(endpoint => endpoint.InputAddress.AbsolutePath.Split('/')[^1]).Order(StringComparer.Ordinal).ToList();
        return silent.Count == 0
            ? "The bus cannot be reached."
            : $"The bus cannot be reached; not read: {string.Join(", ", silent)}.";
    }

    private async Task<string?> LookAsync(BrokerCheck check, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(LookLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            return await check.RefusalAsync(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            // A broker that gives no answer has not refused anything.
            return null;
        }
    }
}
