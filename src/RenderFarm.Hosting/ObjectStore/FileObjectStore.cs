using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace RenderFarm.Hosting.ObjectStore;

/// <summary>
/// Objects as files under one folder: the embedded farm's store. A file is written under another name, flushed to the disk and renamed, so that
/// a key either names the whole object or nothing.
/// </summary>
public sealed class FileObjectStore : IObjectStore
{
    private const string Unfinished = ".part";
    private readonly string _root;

    /// <param name="root">Folder of the objects; made when missing.</param>
    /// <exception cref="IOException">The folder cannot be made or written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be made or written to.</exception>
    public FileObjectStore(string root)
    {
        _root = Path.GetFullPath(root);
        Directory.CreateDirectory(_root);
    }

    /// <inheritdoc />
    public bool IsFolder => true;

    /// <inheritdoc />
    public Task PutAsync(ObjectKey key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellation) =>
        // The disk is waited for on a thread of the pool: the system has no other way to flush a file.
        Task.Run(() => Put(key, content), cancellation);

    private void Put(ObjectKey key, ReadOnlyMemory<byte> content)
    {
        var path = PathOf(key);
        var unfinished = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}{Unfinished}";
        try
        {
            using (var file = Create(unfinished))
            {
                RandomAccess.Write(file, content.Span, fileOffset: 0);
                RandomAccess.FlushToDisk(file);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            TryDelete(unfinished);
            throw Refusal($"The image folder refused to store {key}: {error.Message} Free some space or check its permissions.", error);
        }
    }

    private static SafeFileHandle Create(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        }
        catch (Exception error) when (error is DirectoryNotFoundException or FileNotFoundException)
        {
            // The first object of a folder. When another one makes the folder at this moment, the system's answer is read as a missing file.
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        }
    }

    /// <inheritdoc />
    public Task<Stream?> OpenAsync(ObjectKey key, CancellationToken cancellation)
    {
        try
        {
            return Task.FromResult<Stream?>(new FileStream(PathOf(key), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 65_536, useAsync: true));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Refusal($"The image folder refused to read {key}: {error.Message}", error);
        }
    }

    /// <inheritdoc />
    public Task<long?> SizeAsync(ObjectKey key, CancellationToken cancellation)
    {
        var file = new FileInfo(PathOf(key));
        return Task.FromResult<long?>(file.Exists ? file.Length : null);
    }

    /// <inheritdoc />
    public Task DeleteAsync(ObjectKey key, CancellationToken cancellation)
    {
        try
        {
            File.Delete(PathOf(key));
            return Task.CompletedTask;
        }
        catch (DirectoryNotFoundException)
        {
            return Task.CompletedTask;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Refusal($"The image folder refused to delete {key}: {error.Message}", error);
        }
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<ObjectKey> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        foreach (var key in Find(prefix))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return key;
        }
    }

    private List<ObjectKey> Find(string prefix)
    {
        // The images of one job are asked for among those of all jobs: only the folder that the prefix names is walked.
        var folder = Path.Combine(_root, prefix[..(prefix.LastIndexOf('/') + 1)].Replace('/', Path.DirectorySeparatorChar));
        if (!Directory.Exists(folder)) return [];
        try
        {
            return [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(file => !file.EndsWith(Unfinished, StringComparison.Ordinal))
                .Select(file => Path.GetRelativePath(_root, file).Replace(Path.DirectorySeparatorChar, '/'))
                .Where(key => key.StartsWith(prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(ObjectKey.TryParse)
                .OfType<ObjectKey>()];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Refusal($"The image folder refused to list {prefix}: {error.Message}", error);
        }
    }

    // A full disk or a missing right stays until somebody acts.
    private static ObjectStoreException Refusal(string sentence, Exception error) => new(sentence, error) { IsRefusal = true };

    private string PathOf(ObjectKey key) => Path.Combine(_root, key.Value.Replace('/', Path.DirectorySeparatorChar));

    private static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The failure that brought us here is the one to report; a stray .part file is invisible to readers.
        }
    }
}
