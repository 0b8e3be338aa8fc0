using System.Security.Cryptography;
using Npgsql;
using RenderFarm.Contracts;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Imaging;
using RenderFarm.Testing.Faults.Inside;

namespace RenderFarm.Testing.Faults;

/// <summary>What an audit found. Counts of images, but for the first.</summary>
/// <param name="Jobs">Jobs in the ledger.</param>
/// <param name="Images">Images that the ledger is owed.</param>
/// <param name="Lost">Images that are owed and have no record, or have not ended.</param>
/// <param name="Failed">Images that ended with a reason.</param>
/// <param name="Duplicated">Jobs or images in the record that nobody asked for.</param>
/// <param name="Wrong">Records that point at an object which is missing, has another hash, or shows another picture than was asked for.</param>
/// <param name="Orphans">Objects that no record names: what dead runs left, for the sweeper.</param>
/// <param name="Charged">Attempts charged beyond the one that each image needs. (An image that came late, after its rescue, is charged none.)</param>
public sealed record Verdict(int Jobs, int Images, int Lost, int Failed, int Duplicated, int Wrong, int Orphans, int Charged)
{
    /// <summary>Whether every image is there exactly once and is the right one.</summary>
    public bool IsClean => Lost == 0 && Failed == 0 && Duplicated == 0 && Wrong == 0;
}

/// <summary>
/// Compares a ledger with the record and the objects, past every process of the farm: rows are read from the database, every object is fetched from
/// the store, hashed, decoded and compared with the picture that the ledger's own prompt and seed make. No counter of the farm is believed.
/// </summary>
public static class FarmAudit
{
    private const int MostPixels = 4_194_304;

    /// <summary>Tasks that have not ended.</summary>
    public static async Task<long> OpenTasksAsync(FarmUnderTest farm, CancellationToken cancellation)
    {
        try
        {
            await using var command = farm.Record.CreateCommand("select count(*) from tasks where status not in ('completed', 'failed', 'canceled')");
            return (long)(await command.ExecuteScalarAsync(cancellation))!;
        }
        catch (NpgsqlException)
        {
            // The database is away, which tests do on purpose.
            return long.MaxValue;
        }
    }

    /// <summary>Reads everything back.</summary>
    public static async Task<Verdict> RunAsync(FarmUnderTest farm, FarmLedger ledger, CancellationToken cancellation)
    {
        var jobs = await JobsAsync(farm, cancellation);
        var rows = (await TasksAsync(farm, cancellation)).ToLookup(row => row.Job);
        int lost = 0, failed = 0, wrong = 0, charged = 0;
        foreach (var entry in ledger.Entries)
        {
            if (entry.Job is not { } job || jobs.GetValueOrDefault(job.Value) != entry.Key)
            {
                lost += entry.Images;
                continue;
            }

            foreach (var index in Enumerable.Range(0, entry.Images))
            {
                var found = rows[job.Value].Where(row => row.Index == index).ToList();
                if (found is not [var row] || row.Status is not ("completed" or "failed")) lost++;
                else if (row.Status == "failed") failed++;
                else if (!await IsRightAsync(farm, row, entry, ledger.Side, cancellation)) wrong++;
                charged += found is [var only] ? Math.Max(0, only.Charged - 1) : 0;
            }
        }

        var known = ledger.Entries.Where(entry => entry.Job is not null).ToDictionary(entry => entry.Job!.Value.Value, entry => entry.Images);
        var duplicated = jobs.Keys.Count(job => !known.ContainsKey(job)) + rows.Sum(ofJob => ofJob.Count(row => row.Index >= known.GetValueOrDefault(ofJob.Key)));
        var named = rows.SelectMany(ofJob => ofJob).Select(row => row.Key).ToHashSet();
        var orphans = await farm.Objects.ListAsync("images/", cancellation).CountAsync(key => !named.Contains(key.Value), cancellation);
        return new Verdict(ledger.Entries.Count, ledger.Entries.Sum(entry => entry.Images), lost, failed, duplicated, wrong, orphans, charged);
    }

    private static async Task<bool> IsRightAsync(FarmUnderTest farm, Row row, LedgerEntry entry, int side, CancellationToken cancellation)
    {
        await using var content = await farm.Objects.OpenAsync(new ObjectKey(row.Key!), cancellation);
        if (content is null) return false;
        using var file = new MemoryStream();
        await content.CopyToAsync(file, cancellation);
        var bytes = file.ToArray();
        if (bytes.Length != row.Size || Convert.ToHexStringLower(SHA256.HashData(bytes)) != row.Sha256) return false;
        var expected = PacedPipeline.Pixels(entry.Prompt, entry.Seed + (uint)row.Index, side, side);
        return ImageReader.Decode(bytes, MostPixels).Pixels.SequenceEqual(expected.Pixels);
    }

    private static async Task<Dictionary<Guid, string?>> JobsAsync(FarmUnderTest farm, CancellationToken cancellation)
    {
        await using var command = farm.Record.CreateCommand("select id, idempotency_key from jobs");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var jobs = new Dictionary<Guid, string?>();
        while (await reader.ReadAsync(cancellation)) jobs.Add(reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetString(1));
        return jobs;
    }

    private static async Task<List<Row>> TasksAsync(FarmUnderTest farm, CancellationToken cancellation)
    {
        await using var command = farm.Record.CreateCommand("select job_id, task_index, status, object_key, sha256, size_bytes, charged from tasks");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<Row>();
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(new Row(
                reader.GetGuid(0), reader.GetInt32(1), reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetString(3),
                reader.IsDBNull(4) ? null : reader.GetString(4), reader.IsDBNull(5) ? 0 : reader.GetInt64(5), reader.GetInt32(6)));
        }

        return rows;
    }

    private sealed record Row(Guid Job, int Index, string Status, string? Key, string? Sha256, long Size, int Charged);
}
