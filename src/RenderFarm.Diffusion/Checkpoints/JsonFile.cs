using System.Text.Json;

namespace RenderFarm.Diffusion.Checkpoints;

/// <summary>A JSON object file of a checkpoint, read leniently: exporters leave members out, and absent means the field's default.</summary>
internal sealed class JsonFile
{
    private readonly string _file;
    private readonly JsonElement _root;

    private JsonFile(string file, JsonElement root)
    {
        _file = file;
        _root = root;
    }

    /// <summary>Reads a file that must be there.</summary>
    /// <exception cref="CheckpointException">It is missing or not a JSON object.</exception>
    public static JsonFile Read(string file) =>
        ReadIfThere(file) ?? throw new CheckpointException(file, "the file is missing");

    /// <summary>Reads a file, or gives null when there is none.</summary>
    /// <exception cref="CheckpointException">It is not a JSON object.</exception>
    public static JsonFile? ReadIfThere(string file)
    {
        if (!File.Exists(file)) return null;
        try
        {
            using var document = JsonDocument.Parse(ReadNonFiniteAsNull(file));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new JsonFile(file, document.RootElement.Clone())
                : throw new CheckpointException(file, "it is not a JSON object");
        }
        catch (JsonException error)
        {
            throw new CheckpointException(file, $"it is not valid JSON ({error.Message})", error);
        }
    }

    // Python writes -Infinity (lambda_min_clipped), which JSON does not know.
    private static string ReadNonFiniteAsNull(string file) => File.ReadAllText(file)
        .Replace("-Infinity", "null", StringComparison.Ordinal)
        .Replace("Infinity", "null", StringComparison.Ordinal)
        .Replace("NaN", "null", StringComparison.Ordinal);

    public string? Text(string member) => Get(member, JsonValueKind.String, "a text")?.GetString();

    public double? Number(string member) => Get(member, JsonValueKind.Number, "a number")?.GetDouble();

    public int? Integer(string member) => Number(member) is not { } number ? null
        : number == Math.Floor(number) && Math.Abs(number) < int.MaxValue ? (int)number
        : throw Wrong(member, "a whole number");

    public bool? Flag(string member) =>
        !_root.TryGetProperty(member, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Wrong(member, "true or false");

    public double[]? Numbers(string member) =>
        Get(member, JsonValueKind.Array, "a list of numbers") is { } list
            ? [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number ? item.GetDouble() : throw Wrong(member, "a list of numbers"))]
            : null;

    /// <summary>A length: a whole number, or an object with <c>shortest_edge</c> or <c>height</c>.</summary>
    public int? Size(string member) =>
        !_root.TryGetProperty(member, out var value) || value.ValueKind != JsonValueKind.Object ? Integer(member)
        : new JsonFile(_file, value) is var size ? size.Integer("shortest_edge") ?? size.Integer("height") : null;

    private JsonElement? Get(string member, JsonValueKind kind, string expected) =>
        !_root.TryGetProperty(member, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == kind ? value
        : throw Wrong(member, expected);

    private CheckpointException Wrong(string member, string expected) => new(_file, $"its member '{member}' is not {expected}");
}
