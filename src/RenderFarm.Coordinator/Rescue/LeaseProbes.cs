using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Rescue;

/// <summary>Sends the probes of this coordinator and takes them back, and so drives the <see cref="LeaseClock"/>. A probe that cannot be sent, or handed on, is one that does not return.</summary>
internal sealed class LeaseProbes(
    FarmRecord record,
    IAttemptSender sender,
    LeaseClock leases,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<LeaseProbes> logger)
{
    private readonly Guid _incarnation = Guid.CreateVersion7(clock.GetUtcNow());

    /// <summary>Sends one.</summary>
    public async Task SendAsync(CancellationToken cancellation)
    {
        var number = leases.Send(clock.Now());
        await SendAsync(number, () => sender.ProbeAsync(new LeaseProbe(options.Value.Name, _incarnation, number), cancellation));
    }

    /// <summary>
    /// One came along the way of heartbeats. It reads the record as they would, since a heartbeat that cannot be written was not heard
    /// either, and goes on to the coordinator that asks.
    /// </summary>
    public async Task ArriveAsync(LeaseProbe probe, CancellationToken cancellation)
    {
        await record.ReadAsync(db => db.Workers.AnyAsync(cancellation), cancellation);
        if (probe.Coordinator == options.Value.Name) Return(probe);
        else await SendAsync(probe.Number, () => sender.ReturnProbeAsync(probe, cancellation));
    }

    /// <summary>One of ours is back.</summary>
    public void Return(LeaseProbe probe)
    {
        if (probe.Incarnation == _incarnation) leases.Return(probe.Number);
    }

    private async Task SendAsync(long number, Func<Task> send)
    {
        try
        {
            await send();
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            CoordinatorLog.ProbeFailed(logger, number, error);
        }
    }
}
