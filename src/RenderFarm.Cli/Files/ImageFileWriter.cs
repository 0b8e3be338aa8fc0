using System.Security.Cryptography;

namespace RenderFarm.Cli.Files;

/// <summary>
/// Writes files whole or not at all, and never over another file: the bytes go to a hidden neighbour first, which is flushed to the disk and
/// then given its name in one step. Whatever goes wrong, the neighbour is removed.
/// </summary>
/// <param name="create">Creates the file that is written to; null for the file system. Tests put a full disk here.</param>
internal sealed class ImageFileWriter(Func<string, Stream>? create = null)
{
    private readonly Func<string, Stream> create = create ?? (path => new FileStream(path, FileMode.CreateNew, FileAccess.Write));

    /// <summary>Creates the folder where needed, and makes sure that files can be created in it before any work is spent.</summary>
    /// <exception cref="CommandException">The folder cannot be made or written to: wrong use.</exception>
    public void Prepare(string folder)
    {
        var probe = Path.Combine(folder, Hidden("probe"));
        try
        {
            Directory.CreateDirectory(folder);
            create(probe).Dispose();
            File.Delete(probe);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.CannotWrite(folder, error, ExitCodes.WrongUse);
        }
    }

    /// <summary>Writes a file under this name or, where another file has it, under the first free one: <c>name-2.png</c>, <c>name-3.png</c> …</summary>
    /// <returns>The path written; or of a file with these very bytes that was there before.</returns>
    /// <exception cref="CommandException">The disk is full or the folder not writable.</exception>
    public async Task<string> WriteAsync(string folder, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(folder, Hidden(name));
        try
        {
            await FillAsync(temporary, content, cancellationToken);
            return Publish(temporary, folder, name, content.Span);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.CannotWrite(Path.Combine(folder, name), error, ExitCodes.Failed);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>The file of this name, or of one of its numbered followers, that has this checksum; null when there is none.</summary>
    public static string? Find(string folder, string name, string sha256)
    {
        for (var copy = 1; ; copy++)
        {
            var path = Path.Combine(folder, Numbered(name, copy));
            if (!File.Exists(path)) return null;
            if (Sha256Of(path) == sha256) return path;
        }
    }

    private async Task FillAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await using var stream = create(path);
        await stream.WriteAsync(content, cancellationToken);
        if (stream is FileStream file) file.Flush(flushToDisk: true);
        else await stream.FlushAsync(cancellationToken);
    }

    private static string Publish(string temporary, string folder, string name, ReadOnlySpan<byte> content)
    {
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        for (var copy = 1; ; copy++)
        {
            var path = Path.Combine(folder, Numbered(name, copy));
            if (AtomicName.TryGive(temporary, path)) return path;
            if (Sha256Of(path) == sha256) return path;
        }
    }

    private static string Sha256Of(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static string Numbered(string name, int copy) =>
        copy == 1 ? name : $"{Path.GetFileNameWithoutExtension(name)}-{copy}{Path.GetExtension(name)}";

    private static string Hidden(string name) => $".{name}.{Guid.NewGuid():N}.part";
}
