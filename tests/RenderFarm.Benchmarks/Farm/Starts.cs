using System.Buffers.Binary;
using Npgsql;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>When attempts began, by job; of jobs of one image.</summary>
internal static class Starts
{
    /// <summary>
    /// When the worker took an attempt up: its first instruction makes the run's id, a UUID of version 7, which begins with the milliseconds since 1970 (RFC
    /// 9562, section 5.7). They are rounded down, so one is added.
    /// </summary>
    public static async Task<Dictionary<Guid, DateTimeOffset>> TakenAsync(NpgsqlDataSource record)
    {
        await using var command = record.CreateCommand("SELECT job_id, run FROM tasks WHERE run IS NOT NULL");
        await using var reader = await command.ExecuteReaderAsync();
        var taken = new Dictionary<Guid, DateTimeOffset>();
        while (await reader.ReadAsync()) taken[reader.GetGuid(0)] = TimeOf(reader.GetGuid(1)).AddMilliseconds(1);
        return taken;
    }

    /// <summary>When the record heard that images of a job were in their slots.</summary>
    public static async Task<IReadOnlyList<DateTimeOffset>> HeardAsync(NpgsqlDataSource record, Guid job)
    {
        await using var command = record.CreateCommand("SELECT started_at FROM tasks WHERE job_id = $1 AND started_at IS NOT NULL");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = job });
        await using var reader = await command.ExecuteReaderAsync();
        var heard = new List<DateTimeOffset>();
        while (await reader.ReadAsync()) heard.Add(reader.GetFieldValue<DateTimeOffset>(0));
        return heard;
    }

    private static DateTimeOffset TimeOf(Guid run)
    {
        Span<byte> bytes = stackalloc byte[16];
        run.TryWriteBytes(bytes, bigEndian: true, out _);
        return DateTimeOffset.FromUnixTimeMilliseconds((long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16));
    }
}
