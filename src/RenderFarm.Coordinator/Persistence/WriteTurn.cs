namespace RenderFarm.Coordinator.Persistence;

/// <summary>The turn of one writer of this process; disposing it lets the next one in.</summary>
internal sealed class WriteTurn(SemaphoreSlim writer) : IDisposable
{
    public void Dispose() => writer.Release();
}
