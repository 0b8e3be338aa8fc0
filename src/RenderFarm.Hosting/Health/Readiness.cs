namespace RenderFarm.Hosting.Health;

/// <summary>Asks all parts at once.</summary>
public sealed class Readiness(IEnumerable<IReadiness> parts, TimeProvider clock)
{
    /// <summary>Longest wait for one part: a probe that waits longer gives up itself.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>A sentence for each part that is away, none when all is well.</summary>
    public async Task<IReadOnlyList<string>> WhatIsAwayAsync(CancellationToken cancellation) =>
        [.. (await Task.WhenAll(parts.Select(part => AskAsync(part, cancellation)))).OfType<string>()];

    private async Task<string?> AskAsync(IReadiness part, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            return await part.WhatIsAwayAsync(either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return $"{part.Name} gives no answer.";
        }
    }
}
