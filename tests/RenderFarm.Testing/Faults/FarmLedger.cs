using System.Collections.Concurrent;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Testing.Farm;

namespace RenderFarm.Testing.Faults;

/// <summary>One job that was asked for.</summary>
/// <param name="Key">Idempotency key: its name before the farm knows of it.</param>
/// <param name="Prompt">Its prompt.</param>
/// <param name="Seed">Seed of its first image; image k has seed + k.</param>
/// <param name="Images">Images.</param>
public sealed record LedgerEntry(string Key, string Prompt, uint Seed, int Images)
{
    /// <summary>What the farm called it; null until it has answered.</summary>
    public JobId? Job { get; set; }
}

/// <summary>
/// What was asked of a farm, written down outside of it and before it was asked. A request whose answer is lost is made again with its key until it is
/// answered: then the farm has accepted it, and owes every image.
/// </summary>
public sealed class FarmLedger(FarmUnderTest farm)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly ConcurrentDictionary<string, LedgerEntry> _entries = new();
    private int _next;
    private int _repeats;

    /// <summary>All that was asked for.</summary>
    public IReadOnlyCollection<LedgerEntry> Entries => [.. _entries.Values];

    /// <summary>Requests that had to be made again.</summary>
    public int Repeats => Volatile.Read(ref _repeats);

    /// <summary>Steps of each image.</summary>
    public int Steps { get; init; } = 4;

    /// <summary>Side of each image in pixels.</summary>
    public int Side { get; init; } = 64;

    /// <summary>Asks for a job until the farm has answered.</summary>
    public async Task<LedgerEntry> SubmitAsync(int images, CancellationToken cancellation, string prompt = "a job", int coordinator = 0)
    {
        var number = (uint)Interlocked.Increment(ref _next);
        var entry = new LedgerEntry($"key-{number}", $"{prompt} {number}", number * 1_000, images);
        _entries[entry.Key] = entry;
        await Wait.UntilAsync(() => TrySubmitAsync(entry, coordinator, cancellation), Patience, $"an answer to {entry.Key}", cancellation);
        return entry;
    }

    /// <summary>Asks once.</summary>
    private async Task<bool> TrySubmitAsync(LedgerEntry entry, int coordinator, CancellationToken cancellation)
    {
        var job = new SubmitJob { Prompt = entry.Prompt, Seed = entry.Seed, Images = entry.Images, Steps = Steps, Width = Side, Height = Side };
        try
        {
            entry.Job = (await farm.Client(coordinator).SubmitAsync(job, cancellation, entry.Key)).Id;
            return true;
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested
            && (error is HttpRequestException or OperationCanceledException or IOException
                || (error is InvalidOperationException && (error.Message.StartsWith("503", StringComparison.Ordinal) || error.Message.Contains("checkpoint", StringComparison.Ordinal)))))
        {
            Interlocked.Increment(ref _repeats);
            return false;
        }
    }

    /// <summary>Waits until no task of the farm is open, however many there are.</summary>
    /// <param name="limit">How long their number may stay what it is.</param>
    /// <param name="cancellation">Stops the wait.</param>
    /// <exception cref="TimeoutException">For so long none has ended.</exception>
    public async Task AllEndedAsync(TimeSpan limit, CancellationToken cancellation)
    {
        try
        {
            while (await FarmAudit.OpenTasksAsync(farm, cancellation) is > 0 and var open)
            {
                await Wait.UntilAsync(
                    async () => await FarmAudit.OpenTasksAsync(farm, cancellation) < open, limit, $"one of {open} open tasks to end (logs in {farm.Folder})", cancellation);
            }
        }
        catch (TimeoutException)
        {
            farm.KeepsLogs = true;
            throw;
        }
    }
}
