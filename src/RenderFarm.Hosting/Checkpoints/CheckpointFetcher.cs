using System.Security.Cryptography;
using RenderFarm.Contracts.Checkpoints;

namespace RenderFarm.Hosting.Checkpoints;

/// <summary>Opens a blob; null when there is none.</summary>
public delegate Task<Stream?> OpenBlob(string sha256, CancellationToken cancellation);

/// <summary>
/// Brings the files of a checkpoint to a folder, from whatever has its blobs. Every blob is compared with its digest while it streams to a file of another
/// name, which is flushed to the disk and renamed when the whole of it is right. What is there already is compared and kept, also half a file.
/// </summary>
/// <remarks>Does not remove other files of the folder. One call at a time for a folder.</remarks>
public sealed class CheckpointFetcher
{
    private const string Unfinished = ".part";
    private const int TriesPerBlob = 2;
    private const int ReadSize = 1 << 20;
    private readonly OpenBlob _open;
    private readonly Func<string, Stream> _create;

    /// <param name="open">Opens blobs.</param>
    public CheckpointFetcher(OpenBlob open)
        : this(open, path => new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
    {
    }

    /// <summary>For tests of disks that are full.</summary>
    internal CheckpointFetcher(OpenBlob open, Func<string, Stream> create) => (_open, _create) = (open, create);

    /// <summary>Fetches what is missing or wrong.</summary>
    /// <param name="manifest">The checkpoint.</param>
    /// <param name="folder">Where its files go; made when missing.</param>
    /// <param name="progress">Told of bytes that are right on the disk, as they come.</param>
    /// <param name="cancellation">Stops; what was fetched stays for the next call.</param>
    /// <exception cref="CheckpointTransferException">The manifest or a blob is damaged, the disk is full, or the folder may not be written to.</exception>
    public Task FetchAsync(CheckpointManifest manifest, string folder, Action<long>? progress, CancellationToken cancellation) =>
        FetchAsync(manifest, folder, progress, null, cancellation);

    /// <summary>As the other, under the watch of someone who does not wait for a disk that hangs.</summary>
    /// <param name="manifest">The checkpoint.</param>
    /// <param name="folder">Where its files go; made when missing.</param>
    /// <param name="progress">Told of bytes that are right on the disk, as they come.</param>
    /// <param name="watch">Told whenever the disk moves, and while the store is asked; null for none.</param>
    /// <param name="cancellation">Stops; what was fetched stays for the next call.</param>
    /// <exception cref="CheckpointTransferException">The manifest or a blob is damaged, the disk is full, or the folder may not be written to.</exception>
    public async Task FetchAsync(CheckpointManifest manifest, string folder, Action<long>? progress, DiskWatch? watch, CancellationToken cancellation)
    {
        if (CheckpointRules.Fault(manifest) is { } fault) throw new CheckpointTransferException(TransferFault.Damaged, $"The manifest is not usable: {fault}");
        foreach (var file in manifest.Files)
        {
            try
            {
                await FetchFileAsync(file, PathIn(folder, file.Path), progress, watch, cancellation);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw DiskFault(folder, file, error);
            }
        }
    }

    /// <summary>Whether a file is there and has the right content. Reads all of it.</summary>
    public static Task<bool> IsRightAsync(CheckpointFile file, string folder, CancellationToken cancellation) => IsRightAsync(file, folder, null, cancellation);

    private static async Task<bool> IsRightAsync(CheckpointFile file, string folder, DiskWatch? watch, CancellationToken cancellation)
    {
        var path = PathIn(folder, file.Path);
        if (!File.Exists(path) || new FileInfo(path).Length != file.SizeBytes) return false;
        await using var content = File.OpenRead(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[ReadSize];
        while (await content.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            watch?.Moved();
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset()) == file.Sha256;
    }

    // A link within the folder would let a path that looks harmless lead out of it.
    private static string PathIn(string folder, string path)
    {
        var place = folder;
        foreach (var segment in path.Split('/'))
        {
            place = Path.Combine(place, segment);
            if (new FileInfo(place).LinkTarget is not null)
                throw new CheckpointTransferException(TransferFault.Refused, $"{place} is a link, which might lead out of the folder. Remove it, or choose another folder.");
        }

        return place;
    }

    private async Task FetchFileAsync(CheckpointFile file, string path, Action<long>? progress, DiskWatch? watch, CancellationToken cancellation)
    {
        if (File.Exists(path))
        {
            if (await IsRightAsync(file, path[..^(file.Path.Length + 1)], watch, cancellation))
            {
                progress?.Invoke(file.SizeBytes);
                return;
            }

            File.Delete(path);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var unfinished = path + Unfinished;
        if (new FileInfo(unfinished).LinkTarget is not null) File.Delete(unfinished);
        await using (var target = _create(unfinished)) await FillAsync(file, target, progress, watch, cancellation);
        File.Move(unfinished, path, overwrite: true);
        watch?.Moved();
    }

    private async Task FillAsync(CheckpointFile file, Stream target, Action<long>? progress, DiskWatch? watch, CancellationToken cancellation)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var blob in file.BlobSizes())
        {
            var start = target.Position;
            if (target.Length < start + blob.SizeBytes || !await TakesAsync(blob, target, null, whole, watch, cancellation))
                await FetchBlobAsync(file, blob, target, start, whole, watch, cancellation);
            progress?.Invoke(blob.SizeBytes);
            watch?.Moved();
        }

        target.SetLength(target.Position);
        if (Convert.ToHexStringLower(whole.GetHashAndReset()) != file.Sha256)
            throw new CheckpointTransferException(TransferFault.Damaged, $"{file.Path}: its blobs are right, but together they are not the file that the manifest describes. Push the checkpoint again.");
        if (target is FileStream disk) disk.Flush(flushToDisk: true);
        else await target.FlushAsync(cancellation);
    }

    private async Task FetchBlobAsync(CheckpointFile file, CheckpointBlob blob, Stream target, long start, IncrementalHash whole, DiskWatch? watch, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            target.Position = start;
            await using var source = await OpenAsync(blob.Sha256, watch, cancellation)
                ?? throw new CheckpointTransferException(TransferFault.Damaged, $"{file.Path}: blob {blob.Sha256} is not in the store. Push the checkpoint again.");
            if (await TakesAsync(blob, target, source, whole, watch, cancellation)) return;
            // Once may be the way; the same twice is the store.
            if (tries == TriesPerBlob)
                throw new CheckpointTransferException(TransferFault.Damaged, $"{file.Path}: blob {blob.Sha256} in the store has other bytes than its name says. Push the checkpoint again.");
        }
    }

    private async Task<Stream?> OpenAsync(string sha256, DiskWatch? watch, CancellationToken cancellation)
    {
        using var away = watch?.Away();
        return await _open(sha256, cancellation);
    }

    /// <summary>Copies one blob from a source, or reads it in the target; true when it is right, and only then part of the whole's hash.</summary>
    private static async Task<bool> TakesAsync(CheckpointBlob blob, Stream target, Stream? source, IncrementalHash whole, DiskWatch? watch, CancellationToken cancellation)
    {
        var content = new byte[blob.SizeBytes];
        var read = source is null ? await ReadAsync(target, content, cancellation) : await ReadAwayAsync(source, content, watch, cancellation);
        if (read != blob.SizeBytes || Convert.ToHexStringLower(SHA256.HashData(content)) != blob.Sha256) return false;
        if (source is not null) await target.WriteAsync(content, cancellation);
        whole.AppendData(content);
        return true;
    }

    private static async Task<int> ReadAwayAsync(Stream source, byte[] content, DiskWatch? watch, CancellationToken cancellation)
    {
        using var away = watch?.Away();
        return await ReadAsync(source, content, cancellation);
    }

    private static async Task<int> ReadAsync(Stream source, byte[] content, CancellationToken cancellation)
    {
        try
        {
            return await source.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellation);
        }
        catch (Exception error) when (error is IOException or HttpRequestException && source is not FileStream)
        {
            // A connection that broke: the same as a blob that ends early.
            return 0;
        }
    }

    private static CheckpointTransferException DiskFault(string folder, CheckpointFile file, Exception error) => IsFull(error)
        ? new(TransferFault.DiskFull, $"The disk of {folder} is full; {file.Path} needs {file.SizeBytes:N0} bytes. Free some space, or make the cache smaller.", error)
        : new(TransferFault.Refused, $"{folder} does not take {file.Path}: {error.Message}", error);

    // ENOSPC and EDQUOT; ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL.
    private static bool IsFull(Exception error) =>
        OperatingSystem.IsWindows() ? (error.HResult & 0xFFFF) is 112 or 39 : error.HResult is 28 or 122;
}
