using System.Security.Cryptography;
using Npgsql;
using RenderFarm.Contracts;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Imaging;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>An image as the record has it.</summary>
internal sealed record RecordedImage(
    Guid Job, int Index, string Status, string? ObjectKey, string? Sha256, long? Size, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt);

/// <summary>What became of everything in the ledger, found by reading every row and every object.</summary>
/// <param name="Asked">Images in the ledger.</param>
/// <param name="Lost">Images without a completed row, or whose object is not there.</param>
/// <param name="Duplicated">Objects beyond one for an image, and rows that nobody asked for.</param>
/// <param name="Wrong">Objects whose bytes, size or recipe are not those that row and ledger name.</param>
/// <param name="Images">Rows of images that were asked for.</param>
internal sealed record Verdict(long Asked, long Lost, long Duplicated, long Wrong, IReadOnlyList<(LedgerEntry Entry, RecordedImage Image)> Images)
{
    /// <summary>Reads it all.</summary>
    public static async Task<Verdict> ReadAsync(Ledger ledger, NpgsqlDataSource record, IObjectStore store)
    {
        var asked = ledger.Entries.Where(entry => entry.Job is not null).ToDictionary(entry => entry.Job!.Value);
        var rows = await RowsAsync(record);
        var objects = new Dictionary<string, int>(StringComparer.Ordinal);
        await foreach (var key in store.ListAsync("images/", CancellationToken.None))
        {
            var image = key.Value[..key.Value.IndexOf('-', key.Value.LastIndexOf('/'))];
            objects[image] = objects.GetValueOrDefault(image) + 1;
        }

        long wrong = 0, gone = 0;
        var images = rows.Where(row => asked.ContainsKey(row.Job)).Select(row => (Entry: asked[row.Job], Image: row)).ToList();
        var done = images.Where(image => image.Image.Status == "completed" && image.Image.Index < image.Entry.Images).ToList();
        await Parallel.ForEachAsync(done, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (image, _) =>
        {
            var file = await FetchAsync(store, image.Image.ObjectKey!);
            if (file is null) Interlocked.Increment(ref gone);
            else if (!IsRight(file, image.Entry, image.Image)) Interlocked.Increment(ref wrong);
        });
        // A request whose answer did not come back may or may not be a job: its images are not held against the farm.
        var total = asked.Values.Sum(entry => (long)entry.Images);
        return new Verdict(
            total, total - done.Count + gone, objects.Values.Sum(count => count - 1L) + rows.Count(row => !asked.ContainsKey(row.Job)), wrong, images);
    }

    private static bool IsRight(byte[] file, LedgerEntry entry, RecordedImage image) =>
        file.Length == image.Size
        && Convert.ToHexStringLower(SHA256.HashData(file)) == image.Sha256
        && ImageReader.ReadTexts(file).Recipe is { } recipe
        && Recipe.FromJson(recipe).Seed == entry.Seed + image.Index;

    private static async Task<byte[]?> FetchAsync(IObjectStore store, string key)
    {
        await using var stream = await store.OpenAsync(new ObjectKey(key), CancellationToken.None);
        if (stream is null) return null;
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private static async Task<List<RecordedImage>> RowsAsync(NpgsqlDataSource record)
    {
        await using var command = record.CreateCommand(
            "SELECT job_id, task_index, status, object_key, sha256, size_bytes, started_at, ended_at FROM tasks ORDER BY job_id, task_index");
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<RecordedImage>();
        while (await reader.ReadAsync())
        {
            rows.Add(new RecordedImage(
                reader.GetGuid(0),
                reader.GetInt32(1),
                reader.GetString(2),
                reader.IsDBNull(3) ? null : reader.GetString(3),
                reader.IsDBNull(4) ? null : reader.GetString(4),
                reader.IsDBNull(5) ? null : reader.GetInt64(5),
                reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6),
                reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7)));
        }

        return rows;
    }
}
