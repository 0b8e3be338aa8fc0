using Microsoft.Extensions.Hosting;

namespace RenderFarm.Coordinator.Leadership;

/// <summary>The leadership over a record that only one process can open: held from before the first loop to the end.</summary>
internal sealed class SoleLeadership(IEnumerable<ILeadershipGained> followUps) : ILeadership, IHostedLifecycleService
{
    private const long OnlyEpoch = 1;

    public event Action? Gained;

    public long? Epoch { get; private set; }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var followUp in followUps) await followUp.OnGainedAsync(OnlyEpoch, cancellationToken);
        Epoch = OnlyEpoch;
        Gained?.Invoke();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
