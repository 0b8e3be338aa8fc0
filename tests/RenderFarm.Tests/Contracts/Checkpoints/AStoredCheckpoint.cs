using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing;
using RenderFarm.Testing.Coordinator;

namespace RenderFarm.Tests.Contracts.Checkpoints;

/// <summary>A manifest with its blobs: of texts, or of the demo checkpoint with one file changed.</summary>
internal sealed class AStoredCheckpoint
{
    private AStoredCheckpoint(IReadOnlyList<(string Path, byte[] Content)> files, bool zeroesEmptyNegative = false)
    {
        Blobs = files.DistinctBy(file => Sha256(file.Content)).ToDictionary(file => Sha256(file.Content), file => file.Content);
        var described = files.Select(file => new CheckpointFile(file.Path, file.Content.Length, Sha256(file.Content), file.Content.Length == 0 ? [] : [Sha256(file.Content)])).ToList();
        var description = ScriptedWorker.Checkpoint("stored", CheckpointRules.DigestOf(described, zeroesEmptyNegative)) with { ZeroesEmptyNegative = zeroesEmptyNegative };
        Manifest = new CheckpointManifest { Description = description, Files = described };
    }

    public CheckpointManifest Manifest { get; }

    public Dictionary<string, byte[]> Blobs { get; }

    public static AStoredCheckpoint Of(params (string Path, string Content)[] files) =>
        new([.. files.Select(file => (file.Path, Encoding.UTF8.GetBytes(file.Content)))]);

    /// <summary>The demo checkpoint; a mark makes it another revision.</summary>
    /// <param name="mark">The mark.</param>
    /// <param name="zeroes">Whether its model_index.json asks for zeros in the place of an empty negative prompt.</param>
    /// <param name="saysSo">Whether the manifest does.</param>
    public static AStoredCheckpoint Demo(string mark = "", bool zeroes = false, bool saysSo = false) => new(
    [
        .. Directory.GetFiles(Repository.DemoCheckpoint, "*", SearchOption.AllDirectories)
            .Select(file => (Path.GetRelativePath(Repository.DemoCheckpoint, file).Replace('\\', '/'), File.ReadAllBytes(file)))
            .Select(file => file.Item1 == "model_index.json" && zeroes ? (file.Item1, Encoding.UTF8.GetBytes("{\"force_zeros_for_empty_prompt\": true}")) : file),
        ("tokenizer/mark.txt", Encoding.UTF8.GetBytes(mark)),
    ],
    saysSo);

    public async Task PutAsync(IObjectStore store)
    {
        foreach (var (sha256, content) in Blobs) await store.PutAsync(ObjectKey.ForBlob(sha256), content, "application/octet-stream", CancellationToken.None);
        await store.PutAsync(ObjectKey.ForManifest(Manifest.Digest()), JsonSerializer.SerializeToUtf8Bytes(Manifest, FarmJson.Options), "application/json", CancellationToken.None);
    }

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
