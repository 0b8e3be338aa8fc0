using System.Globalization;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>One job that was asked for.</summary>
/// <param name="Key">Its idempotency key.</param>
/// <param name="Tenant">Who asked.</param>
/// <param name="Seed">Seed of its first image.</param>
/// <param name="Images">How many.</param>
/// <param name="SentAt">When it was sent, by this machine's clock.</param>
internal sealed record LedgerEntry(string Key, string Tenant, long Seed, int Images, DateTimeOffset SentAt)
{
    /// <summary>What the farm calls it; null while it has not answered.</summary>
    public Guid? Job { get; set; }
}

/// <summary>
/// What was asked of the farm, kept outside of it: a line in a text file before each request is sent, and another with the job's id when it was accepted.
/// </summary>
internal sealed class Ledger(string file) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly StreamWriter _writer = new(file) { AutoFlush = true };
    private readonly List<LedgerEntry> _entries = [];

    /// <summary>Everything asked for so far.</summary>
    public IReadOnlyList<LedgerEntry> Entries
    {
        get
        {
            lock (_gate) return [.. _entries];
        }
    }

    /// <summary>Writes down what is about to be sent.</summary>
    public void Asked(LedgerEntry entry)
    {
        lock (_gate)
        {
            _entries.Add(entry);
            _writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"asked {entry.Key} {entry.Tenant} {entry.Seed} {entry.Images} {entry.SentAt:O}"));
        }
    }

    /// <summary>Writes down that the farm has taken it.</summary>
    public void Accepted(LedgerEntry entry, Guid job)
    {
        lock (_gate)
        {
            entry.Job = job;
            _writer.WriteLine($"accepted {entry.Key} {job}");
        }
    }

    public void Dispose() => _writer.Dispose();
}
