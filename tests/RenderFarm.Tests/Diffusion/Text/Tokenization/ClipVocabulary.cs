using System.IO.Compression;
using System.Text.Json;
using RenderFarm.Diffusion.Text;
using RenderFarm.Diffusion.Text.Tokenization;

namespace RenderFarm.Tests.Diffusion.Text.Tokenization;

/// <summary>OpenAI's CLIP vocabulary as a <c>tokenizer/</c> folder of a Stable Diffusion 1 checkpoint, and the reference ids.</summary>
internal static class ClipVocabulary
{
    private const int Merges = 49_152 - 256 - 2;

    private static readonly Lazy<string> s_folder = new(WriteFolder);

    private static readonly Lazy<ClipTokenizer> s_ftfy = new(() => ClipTokenizer.Load(Folder));

    private static readonly Lazy<ClipTokenizer> s_basic = new(() => ClipTokenizer.Load(Folder, TextCleaning.Basic));

    public static string Folder => s_folder.Value;

    public static ClipTokenizer Ftfy => s_ftfy.Value;

    public static ClipTokenizer Basic => s_basic.Value;

    public static string Golden { get; } = Path.Combine(RepositoryRoot(), "tests", "RenderFarm.Tests", "golden");

    public static string DemoCheckpoint { get; } = Path.Combine(RepositoryRoot(), "infra", "demo-checkpoint", "onnx");

    public static JsonElement Cases()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Golden, "tokens", "clip_bpe.json")));
        return document.RootElement.GetProperty("cases").Clone();
    }

    public static void WriteConfig(string folder, string padToken) =>
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), JsonSerializer.Serialize(new
        {
            bos_token = new { content = "<|startoftext|>" },
            eos_token = new { content = "<|endoftext|>" },
            pad_token = padToken,
            model_max_length = 77,
        }));

    private static string WriteFolder()
    {
        string folder = Directory.CreateTempSubdirectory("renderfarm-clip-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        using GZipStream gzip = new(File.OpenRead(Path.Combine(Golden, "clip-vocab", "bpe_simple_vocab_16e6.txt.gz")), CompressionMode.Decompress);
        using StreamReader reader = new(gzip);
        string[] lines = reader.ReadToEnd().Split('\n');
        string[] merges = lines[1..(Merges + 1)];
        // The order of the byte symbols in CLIP's vocabulary: those that stand for themselves, then the rest.
        string[] bytes = [.. ByteSymbols.All.OrderBy(symbol => symbol[0])];
        IEnumerable<string> tokens = bytes.Concat(bytes.Select(b => b + "</w>")).Concat(merges.Select(line => line.Replace(" ", "", StringComparison.Ordinal)));
        Dictionary<string, int> vocabulary = tokens.Append("<|startoftext|>").Append("<|endoftext|>").Select((token, id) => (token, id)).ToDictionary();
        File.WriteAllText(Path.Combine(folder, "vocab.json"), JsonSerializer.Serialize(vocabulary));
        File.WriteAllLines(Path.Combine(folder, "merges.txt"), merges.Prepend("#version: 0.2"));
        WriteConfig(folder, "<|endoftext|>");
        return folder;
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "RenderFarm.sln")))
            directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException($"RenderFarm.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
