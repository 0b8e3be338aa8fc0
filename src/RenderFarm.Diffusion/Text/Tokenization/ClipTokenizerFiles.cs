using System.Text.Json;

namespace RenderFarm.Diffusion.Text.Tokenization;

/// <summary>Reads the files of a <c>tokenizer/</c> folder, and says which of them is wrong and how.</summary>
internal static class ClipTokenizerFiles
{
    private const int DefaultContextLength = 77;

    // Transformers writes 10^30 where a length was never set.
    private const double MaxContextLength = 65_536;

    /// <summary>vocab.json: token to id, ids from 0 without gaps.</summary>
    public static Dictionary<string, int> ReadVocabulary(string path)
    {
        Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
        foreach (JsonProperty entry in ReadObject(path).EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out int id) || id < 0)
                throw new InvalidDataException($"{path}: the token \"{entry.Name}\" has the id {entry.Value}; ids are whole numbers from 0.");
            vocabulary[entry.Name] = id;
        }

        int gap = Enumerable.Range(0, vocabulary.Count).Except(vocabulary.Values).DefaultIfEmpty(-1).First();
        if (vocabulary.Count == 0 || gap >= 0)
            throw new InvalidDataException($"{path}: {vocabulary.Count} tokens, but none with the id {Math.Max(gap, 0)}; ids must have no gaps.");
        return vocabulary;
    }

    /// <summary>merges.txt: a version line, then two symbols a line, in the order in which they are merged.</summary>
    public static BytePairMerges ReadMerges(string path, Dictionary<string, int> vocabulary)
    {
        RequireFile(path);
        int[] byteIds = [.. ByteSymbols.All.Select(symbol => RequireToken(vocabulary, symbol, path, "as every byte must"))];
        int[] lastByteIds = [.. ByteSymbols.All.Select(symbol => RequireToken(vocabulary, symbol + BytePairMerges.EndOfWord, path, "as every byte must"))];
        HashSet<int> reachable = [.. byteIds, .. lastByteIds];
        Dictionary<(int Left, int Right), (int Rank, int Id)> merges = [];
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (line.Length == 0 || (number == 1 && line.StartsWith("#version", StringComparison.Ordinal)))
                continue;
            string[] parts = line.Split(' ');
            if (parts.Length != 2)
                throw new InvalidDataException($"{path}, line {number}: \"{line}\" is not two symbols with a space between.");
            int left = RequireToken(vocabulary, parts[0], path, $"but line {number} merges it");
            int right = RequireToken(vocabulary, parts[1], path, $"but line {number} merges it");
            int merged = RequireToken(vocabulary, parts[0] + parts[1], path, $"but line {number} makes it");
            if (!reachable.Contains(left) || !reachable.Contains(right))
                throw new InvalidDataException($"{path}, line {number}: \"{line}\" merges a symbol that no earlier line makes.");
            reachable.Add(merged);
            merges.TryAdd((left, right), (merges.Count, merged));
        }

        return new BytePairMerges(vocabulary.Count, byteIds, lastByteIds, merges);
    }

    /// <summary>tokenizer_config.json, and special_tokens_map.json for what the first leaves out.</summary>
    public static ClipSpecialTokens ReadSpecialTokens(string folder, Dictionary<string, int> vocabulary)
    {
        string path = Path.Combine(folder, "tokenizer_config.json"), mapPath = Path.Combine(folder, "special_tokens_map.json");
        JsonElement config = ReadObject(path);
        JsonElement? map = File.Exists(mapPath) ? ReadObject(mapPath) : null;
        string begin = Content("bos_token") ?? "<|startoftext|>";
        string end = Content("eos_token") ?? "<|endoftext|>";
        string pad = Content("pad_token") ?? end;
        int length = DefaultContextLength;
        if (config.TryGetProperty("model_max_length", out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() <= MaxContextLength)
        {
            if (!value.TryGetInt32(out length) || length < 3)
                throw new InvalidDataException($"{path}: model_max_length is {value}; it must be a whole number of at least 3.");
        }

        return new ClipSpecialTokens(begin, Id(begin, "bos_token"), end, Id(end, "eos_token"), Id(pad, "pad_token"), length);

        string? Content(string name) => TokenText(config, name) ?? (map is { } fallback ? TokenText(fallback, name) : null);

        int Id(string text, string name) => RequireToken(vocabulary, text, path, $"but is its {name}");
    }

    /// <summary>A special token is written as a plain string or as an object with its text in <c>content</c>.</summary>
    private static string? TokenText(JsonElement settings, string name)
    {
        if (!settings.TryGetProperty(name, out JsonElement token))
            return null;
        if (token.ValueKind == JsonValueKind.Object)
            token.TryGetProperty("content", out token);
        return token.ValueKind == JsonValueKind.String ? token.GetString() : null;
    }

    private static int RequireToken(Dictionary<string, int> vocabulary, string token, string path, string reason) =>
        vocabulary.TryGetValue(token, out int id)
            ? id
            : throw new InvalidDataException($"{path}: the token \"{token}\" is not in vocab.json, {reason}.");

    private static JsonElement ReadObject(string path)
    {
        RequireFile(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new InvalidDataException($"{path}: a JSON object is needed, not {document.RootElement.ValueKind}.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not valid JSON ({e.Message})", e);
        }
    }

    private static void RequireFile(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"The tokenizer file {path} is missing.", path);
    }
}
