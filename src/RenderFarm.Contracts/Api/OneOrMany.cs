using System.Text.Json;
using System.Text.Json.Serialization;

namespace RenderFarm.Contracts.Api;

/// <summary>A setting that a job gives once, or as the list of values to sweep over. On the wire: the value itself, or an array.</summary>
[JsonConverter(typeof(OneOrManyJsonConverterFactory))]
public sealed class OneOrMany<T>(IReadOnlyList<T> values)
{
    /// <summary>The values in the order given.</summary>
    public IReadOnlyList<T> Values { get; } = values;

    /// <summary>True when the request gave a list, even one of a single value.</summary>
    public bool IsList { get; init; }

    /// <summary>A single value.</summary>
    public static implicit operator OneOrMany<T>(T value) => new([value]);

    /// <summary>A list to sweep over.</summary>
    public static implicit operator OneOrMany<T>(T[] values) => new(values) { IsList = true };
}

internal sealed class OneOrManyJsonConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(OneOrMany<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(OneOrManyJsonConverter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;
}

internal sealed class OneOrManyJsonConverter<T> : JsonConverter<OneOrMany<T>>
{
    public override OneOrMany<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return new OneOrMany<T>([JsonSerializer.Deserialize<T>(ref reader, options)!]);

        var values = JsonSerializer.Deserialize<T[]>(ref reader, options)!;
        return values.Any(value => value is null)
            ? throw new JsonException("A list of values may not hold null.")
            : new OneOrMany<T>(values) { IsList = true };
    }

    public override void Write(Utf8JsonWriter writer, OneOrMany<T> value, JsonSerializerOptions options)
    {
        if (value.IsList) JsonSerializer.Serialize(writer, value.Values, options);
        else JsonSerializer.Serialize(writer, value.Values[0], options);
    }
}
