using MassTransit;
using RenderFarm.Hosting.Health;

namespace RenderFarm.Hosting.Messaging;

/// <summary>Says which queues of this process are not being read.</summary>
internal sealed class BusReadiness(IBusControl bus) : IReadiness
{
    public Task<string?> WhatIsAwayAsync(CancellationToken cancellation)
    {
        var health = bus.CheckHealth();
        if (health.Status == BusHealthStatus.Healthy) return Task.FromResult<string?>(null);
        var silent = health.Endpoints.Where(endpoint => endpoint.Value.Status != BusHealthStatus.Healthy)
            .Select(endpoint => endpoint.Key.Split('?')[0].Split('/')[^1]).Order(StringComparer.Ordinal).ToList();
        return Task.FromResult<string?>(silent.Count == 0
            ? "The bus has not started."
            : $"The bus cannot be reached; not read: {string.Join(", ", silent)}.");
    }
}
