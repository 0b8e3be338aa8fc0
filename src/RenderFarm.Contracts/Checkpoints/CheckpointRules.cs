using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace RenderFarm.Contracts.Checkpoints;

/// <summary>What may be a stored checkpoint; pure. Who takes a manifest from somebody else checks it here first: its paths become files.</summary>
public static partial class CheckpointRules
{
    private const int MaxPath = 240;

    private static readonly string[] Components =
        ["scheduler", "low_res_scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "unet", "vae_decoder", "vae_encoder"];

    /// <summary>What a name may be, for error messages.</summary>
    public const string AllowedName = "1…100 lower-case letters, digits, dots, hyphens and underscores, the first a letter or digit";

    /// <summary>Whether a checkpoint may be stored under this name.</summary>
    public static bool IsName(string? name) => name is not null && NamePattern().IsMatch(name);

    /// <summary>Whether a text is 64 lower-case hexadecimal digits.</summary>
    public static bool IsSha256(string? text) => text is not null && Sha256Pattern().IsMatch(text);

    /// <summary>Whether a text names a checkpoint by its files: <c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
    public static bool IsDigest(string? text) => text is not null && text.StartsWith("sha256:", StringComparison.Ordinal) && IsSha256(text[7..]);

    /// <summary>Whether a path stays within its folder on every system: no root, no drive, no <c>..</c>, no hidden file, nothing that a file system reads otherwise.</summary>
    public static bool IsPath(string? path) => path is { Length: > 0 and <= MaxPath } && PathPattern().IsMatch(path) && !path.Split('/').Any(IsReserved);

    /// <summary>
    /// Digest of a checkpoint from its files: SHA-256 over the sorted lines <c>path NUL sha256 LF</c> of those that can move a pixel, and the line
    /// <c>force_zeros_for_empty_prompt NUL true LF</c> where that holds. The engine computes the same from a folder.
    /// </summary>
    /// <param name="files">Its files.</param>
    /// <param name="zeroesEmptyNegative">As in <see cref="Workers.CheckpointDescription.ZeroesEmptyNegative"/>.</param>
    public static string DigestOf(IEnumerable<CheckpointFile> files, bool zeroesEmptyNegative)
    {
        var lines = new StringBuilder();
        foreach (var file in files.Where(file => IsDigested(file.Path)).OrderBy(file => file.Path, StringComparer.Ordinal))
            lines.Append(file.Path).Append('\0').Append(file.Sha256).Append('\n');
        if (zeroesEmptyNegative) lines.Append("force_zeros_for_empty_prompt\0true\n");
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())));
    }

    /// <summary>What is wrong with a manifest, naming the file and what is allowed; null when nothing is.</summary>
    public static string? Fault(CheckpointManifest manifest)
    {
        if (manifest.Files.Count is 0 or > CheckpointManifest.MaxFiles) return $"files has {manifest.Files.Count:N0} entries; allowed are 1…{CheckpointManifest.MaxFiles:N0}.";
        var paths = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in manifest.Files)
        {
            if (Fault(file) is { } fault) return fault;
            if (!paths.Add(file.Path)) return $"files has '{file.Path}' twice; names that differ in case alone count as one.";
        }

        if (manifest.Files.Any(file => file.Path.Split('/').Length > 1 && paths.Contains(file.Path[..file.Path.LastIndexOf('/')])))
            return "files has a path that is a file and a folder at once.";
        if (manifest.Bytes() > CheckpointManifest.MaxBytes) return $"The files have {manifest.Bytes():N0} bytes; allowed are {CheckpointManifest.MaxBytes:N0}.";
        var digest = DigestOf(manifest.Files, manifest.Description.ZeroesEmptyNegative);
        return digest == manifest.Digest() ? null : $"description.digest is {manifest.Digest()}, but the files have the digest {digest}.";
    }

    private static string? Fault(CheckpointFile file)
    {
        if (!IsPath(file.Path)) return $"files has the path '{file.Path}'; allowed are relative paths that stay in the folder, segments joined by /, none beginning with a dot.";
        if (!IsSha256(file.Sha256) || !file.Blobs.All(IsSha256)) return $"sha256 or blobs of '{file.Path}' is no SHA-256; allowed are 64 lower-case hexadecimal digits.";
        if (file.SizeBytes is < 0 or > CheckpointManifest.MaxBytes) return $"size_bytes of '{file.Path}' is {file.SizeBytes}; allowed are 0…{CheckpointManifest.MaxBytes:N0}.";
        var blobs = (file.SizeBytes + CheckpointManifest.BlobBytes - 1) / CheckpointManifest.BlobBytes;
        return blobs == file.Blobs.Count ? null : $"blobs of '{file.Path}' has {file.Blobs.Count} entries; its {file.SizeBytes:N0} bytes make {blobs}.";
    }

    private static bool IsDigested(string path) => path.Split('/') is [var component, _] && Components.Contains(component);

    // Names that Windows gives to devices, whatever follows the dot.
    private static bool IsReserved(string segment) => ReservedPattern().IsMatch(segment) || segment.EndsWith('.') || segment.EndsWith(' ');

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,99}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex Sha256Pattern();

    [GeneratedRegex(@"\A[^/\\:*?""<>|\x00-\x1f.][^/\\:*?""<>|\x00-\x1f]*(?:/[^/\\:*?""<>|\x00-\x1f.][^/\\:*?""<>|\x00-\x1f]*){0,7}\z")]
    private static partial Regex PathPattern();

    [GeneratedRegex(@"\A(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?\z", RegexOptions.IgnoreCase)]
    private static partial Regex ReservedPattern();
}
