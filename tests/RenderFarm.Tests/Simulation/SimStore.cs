using RenderFarm.Contracts.Attempts;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Tests.Simulation;

/// <summary>An object store that may be away, or break off a put half way.</summary>
internal sealed class SimStore
{
    private readonly Dictionary<string, (long Size, string Sha256)> _objects = [];

    public bool IsAway { get; set; }

    /// <summary>The next put stores half of its bytes and fails.</summary>
    public bool TruncatesNext { get; set; }

    public bool TryPut(StoredImage image)
    {
        if (IsAway) return false;
        if (!TruncatesNext)
        {
            _objects[image.ObjectKey] = (image.SizeBytes, image.Sha256);
            return true;
        }

        TruncatesNext = false;
        _objects[image.ObjectKey] = (image.SizeBytes / 2, "truncated");
        return false;
    }

    /// <summary>Puts other bytes than an image's in its place, as many of them.</summary>
    public void PutOther(StoredImage image) => _objects[image.ObjectKey] = (image.SizeBytes, "other");

    /// <summary>Size and checksum of an object; null when there is none.</summary>
    public ObjectHead? Head(string key) => _objects.TryGetValue(key, out var found) ? new ObjectHead(found.Size, found.Sha256) : null;

    public bool Holds(string? key, string? sha256, long? size) =>
        key is not null && _objects.TryGetValue(key, out var found) && found == (size ?? -1, sha256 ?? "");
}
