using RenderFarm.Hosting.Health;

namespace RenderFarm.Worker;

/// <summary>Passes on what the watchdog found.</summary>
internal sealed class EngineReadiness(EngineWatchdog watchdog) : IReadiness
{
    public string Name => "The engine";

    public Task<string?> WhatIsAwayAsync(CancellationToken cancellation) => Task.FromResult(watchdog.Reason);
}
