using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RenderFarm.Contracts;

/// <summary>Names one render job. A UUID of version 7, so ids sort by the time of submission.</summary>
[JsonConverter(typeof(JobIdJsonConverter))]
public readonly record struct JobId(Guid Value) : IComparable<JobId>, IParsable<JobId>
{
    /// <summary>A new id that carries the clock's present time.</summary>
    public static JobId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));

    /// <inheritdoc />
    public int CompareTo(JobId other) => string.CompareOrdinal(ToString(), other.ToString());

    /// <summary>Lower-case hexadecimal digits with hyphens; ordinal order is submission order.</summary>
    public override string ToString() => Value.ToString("D", CultureInfo.InvariantCulture);

    /// <inheritdoc />
    public static JobId Parse(string s, IFormatProvider? provider) => new(Guid.ParseExact(s, "D"));

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out JobId result)
    {
        var parsed = Guid.TryParseExact(s, "D", out var value);
        result = new JobId(value);
        return parsed;
    }

    /// <summary>Earlier id.</summary>
    public static bool operator <(JobId left, JobId right) => left.CompareTo(right) < 0;

    /// <summary>Later id.</summary>
    public static bool operator >(JobId left, JobId right) => left.CompareTo(right) > 0;

    /// <summary>Earlier or the same id.</summary>
    public static bool operator <=(JobId left, JobId right) => left.CompareTo(right) <= 0;

    /// <summary>Later or the same id.</summary>
    public static bool operator >=(JobId left, JobId right) => left.CompareTo(right) >= 0;
}

/// <summary>
/// Names one rendering of an attempt, made by the worker that took it. Two renderings of the same attempt have different runs,
/// so they can never overwrite each other's object.
/// </summary>
[JsonConverter(typeof(RunIdJsonConverter))]
public readonly record struct RunId(Guid Value)
{
    /// <summary>A new id that carries the clock's present time.</summary>
    public static RunId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));

    /// <summary>32 lower-case hexadecimal digits, as used in object keys.</summary>
    public override string ToString() => Value.ToString("N", CultureInfo.InvariantCulture);
}

/// <summary>Names one try of one task: the job, the image index within it (from 0) and the attempt number (from 1).</summary>
public readonly record struct AttemptId(JobId Job, int Index, int Number)
{
    /// <summary>For logs: <c>job/index/number</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Job}/{Index:D6}/{Number}");
}

internal sealed class JobIdJsonConverter : JsonConverter<JobId>
{
    public override JobId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JobId.TryParse(reader.GetString(), null, out var id) ? id : throw new JsonException("A job id is a UUID with hyphens.");

    public override void Write(Utf8JsonWriter writer, JobId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

internal sealed class RunIdJsonConverter : JsonConverter<RunId>
{
    public override RunId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Guid.TryParseExact(reader.GetString(), "N", out var id) ? new RunId(id) : throw new JsonException("A run id is 32 hexadecimal digits.");

    public override void Write(Utf8JsonWriter writer, RunId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
