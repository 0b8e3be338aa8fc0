using RenderFarm.Hosting.Health;

namespace RenderFarm.Worker;

/// <summary>A worker that retires is not ready, and says why.</summary>
internal sealed class EngineReadiness(Retirement retirement) : IReadiness
{
    public string Name => "The engine";

    public Task<string?> WhatIsAwayAsync(CancellationToken cancellation) => Task.FromResult(retirement.Reason);
}
