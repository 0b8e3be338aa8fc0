namespace RenderFarm.Testing.Services;

/// <summary>Open, or closed until released. A new one is made for each closing, so nobody who passed can be held up by the next.</summary>
internal sealed class FlowGate
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static FlowGate Open()
    {
        var gate = new FlowGate();
        gate.Release();
        return gate;
    }

    /// <summary>A closed gate; one that is closed already stays the one that others wait at.</summary>
    public static FlowGate Closed(FlowGate present) => present._released.Task.IsCompleted ? new FlowGate() : present;

    public void Release() => _released.TrySetResult();

    public Task WaitAsync(CancellationToken cancellation) => _released.Task.WaitAsync(cancellation);
}
