using System.Security.Cryptography;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Onnx.Weights;

namespace RenderFarm.Diffusion.Pictures;

/// <summary>
/// An upscaler of a folder by the digest of its bytes, so that a recipe can say which network enlarged an image. One digest stands for all of it: a file that
/// keeps weights in others, or is a link, is refused.
/// </summary>
/// <param name="Name">Its file's name without <c>.onnx</c>.</param>
/// <param name="Digest">SHA-256 of its file: <c>sha256:</c> and 64 lower-case hexadecimal digits.</param>
/// <param name="Path">Where it lies.</param>
public sealed record UpscalerFile(string Name, string Digest, string Path)
{
    private const string DigestPrefix = "sha256:";

    /// <summary>Longest name, characters.</summary>
    public const int MaxNameLength = 100;

    /// <summary>The upscalers of a folder, by name. Reads every file once, and loads none: how much larger they make pictures is found when one is used.</summary>
    /// <param name="folder">Where <c>NAME.onnx</c> lie.</param>
    /// <param name="allowHardLinks">Whether files may have other names elsewhere.</param>
    /// <exception cref="CheckpointException">The folder is missing, or a file cannot be offered; the message names it and says why.</exception>
    public static IReadOnlyList<UpscalerFile> ReadFolder(string folder, bool allowHardLinks = false)
    {
        if (!Directory.Exists(folder)) throw new CheckpointException(folder, "the folder of upscalers is missing");
        return [.. Paths(folder).Select(path => Read(path, allowHardLinks))];
    }

    /// <summary>The file of a folder that has these bytes now; null when none has.</summary>
    /// <exception cref="CheckpointException">It cannot be read, or may not be loaded.</exception>
    internal static UpscalerFile? Find(string? folder, string digest, bool allowHardLinks)
    {
        if (folder is null || !Directory.Exists(folder)) return null;
        var path = Paths(folder).FirstOrDefault(path => DigestOf(path) == digest);
        return path is null ? null : Read(path, allowHardLinks);
    }

    /// <summary>Whether an upscaler is named by its digest.</summary>
    internal static bool IsDigest(string upscaler) => upscaler.StartsWith(DigestPrefix, StringComparison.Ordinal);

    private static IEnumerable<string> Paths(string folder) => Directory.EnumerateFiles(folder, "*.onnx").Order(StringComparer.Ordinal);

    private static UpscalerFile Read(string path, bool allowHardLinks)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(path);
        if (PictureNames.Upscalers.Contains(name) || IsDigest(name) || name.Length is 0 or > MaxNameLength)
            throw new CheckpointException(path, $"an upscaler's name has 1 to {MaxNameLength} characters, and is neither {string.Join(" nor ", PictureNames.Upscalers)} nor begins with {DigestPrefix}");
        if (new FileInfo(path).LinkTarget is not null) throw new CheckpointException(path, "it is a link; an upscaler must be a file of its own");
        try
        {
            ExternalWeights.Check(path, allowHardLinks, isAlone: true);
            Upscaler.RequireInput(GraphInterfaceFile.Read(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, error);
        }

        return new UpscalerFile(name, DigestOf(path), path);
    }

    private static string DigestOf(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return DigestPrefix + Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, error);
        }
    }

    private static CheckpointException Unreadable(string path, Exception error) => new(path, $"it cannot be read ({error.Message})", error);
}
