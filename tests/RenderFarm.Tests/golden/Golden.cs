using System.Text.Json;
using RenderFarm.Testing;

namespace RenderFarm.Tests;

/// <summary>Finds the reference outputs in the source tree, so that no build step copies them.</summary>
internal static class Golden
{
    public static string Folder { get; } = Repository.PathTo("tests", "RenderFarm.Tests", "golden");

    /// <summary>Paths under the golden folder, with forward slashes, in a fixed order.</summary>
    public static IReadOnlyList<string> Files(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(Folder, folder), "*.json").Select(path => $"{folder}/{Path.GetFileName(path)}").Order(StringComparer.Ordinal)];

    public static JsonElement Read(string file)
    {
        using var stream = File.OpenRead(Path.Combine(Folder, file));
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }

    public static float[] Floats(this JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetSingle())];
}
