using System.Buffers.Binary;
using System.Globalization;
using RenderFarm.Contracts;

namespace RenderFarm.Coordinator.Persistence.Postgres;

/// <summary>
/// The part of <c>tasks</c> that holds the jobs submitted on one day (UTC). A UUID of version 7 begins with 48 bits of milliseconds since
/// 1970 (RFC 9562, section 5.7), so a day is a range of ids.
/// </summary>
/// <param name="Day">The day.</param>
internal readonly record struct TaskPartition(DateOnly Day)
{
    private const string Prefix = "tasks_p";

    /// <summary>Name of the table.</summary>
    public string Table => Prefix + Day.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    /// <summary>The least id of the day.</summary>
    public Guid First => Least(Day);

    /// <summary>The least id of the next day.</summary>
    public Guid End => Least(Day.AddDays(1));

    /// <summary>The partition of a time.</summary>
    public static TaskPartition Of(DateTimeOffset time) => new(DateOnly.FromDateTime(time.UtcDateTime));

    /// <summary>The partition of a job.</summary>
    public static TaskPartition Of(JobId job)
    {
        Span<byte> bytes = stackalloc byte[16];
        job.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Of(DateTimeOffset.FromUnixTimeMilliseconds((long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16)));
    }

    /// <summary>The partition of a table's name; null when the name is no partition's.</summary>
    public static TaskPartition? OfTable(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal)
        && DateOnly.TryParseExact(name.AsSpan(Prefix.Length), "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? new TaskPartition(day)
            : null;

    private static Guid Least(DateOnly day)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        var milliseconds = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (ulong)milliseconds << 16);
        return new Guid(bytes, bigEndian: true);
    }
}
