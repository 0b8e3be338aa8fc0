namespace RenderFarm.Contracts.Checkpoints;

/// <summary>Which of these blobs a farm has not got.</summary>
/// <param name="Sha256">Digests of up to 100,000 blobs.</param>
public sealed record BlobList(IReadOnlyList<string> Sha256);

/// <summary>A checkpoint in the object store as the API shows it.</summary>
/// <param name="Name">The name it was pushed under.</param>
/// <param name="Digest">Digest of its files.</param>
/// <param name="SizeBytes">Bytes of all its files.</param>
/// <param name="PushedAt">When the name was last pushed.</param>
public sealed record StoredCheckpointView(string Name, string Digest, long SizeBytes, DateTimeOffset PushedAt);

/// <summary>What a name in the object store stands for: the content of <c>checkpoints/names/NAME.json</c>.</summary>
/// <param name="Digest">Digest of the revision.</param>
/// <param name="PushedAt">When the name was last pushed.</param>
public sealed record CheckpointName(string Digest, DateTimeOffset PushedAt);
