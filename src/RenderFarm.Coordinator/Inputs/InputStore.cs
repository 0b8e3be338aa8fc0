using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Imaging;

namespace RenderFarm.Coordinator.Inputs;

/// <summary>
/// Pictures that were sent in, in the object store under the digest of their pixels. Storing one again is harmless and mends a damaged object.
/// </summary>
/// <remarks>
/// Limitation: every tenant may use, and read, a picture whose digest it knows, and
/// a digest cannot be guessed without the picture.
/// </remarks>
internal sealed class InputStore(IObjectStore store, InputRecord record) : IDisposable
{
    // Decoding takes up to 50 MB and a core for some tenths of a second: more at a time than there are cores would only take more memory.
    private readonly SemaphoreSlim _decoders = new(Environment.ProcessorCount);

    /// <summary>Decodes a file and writes it again as we keep it; nothing is stored.</summary>
    /// <exception cref="ImageFormatException">The file is no picture that we take; the message says why and what we take.</exception>
    public async Task<CanonicalPicture> ReadAsync(byte[] file, CancellationToken cancellation)
    {
        if (file.Length > RenderLimits.MaxInputBytes)
            throw new ImageFormatException($"The file has {file.Length:N0} bytes; at most {RenderLimits.MaxInputBytes:N0} are accepted.");
        await _decoders.WaitAsync(cancellation);
        try
        {
            return CanonicalPicture.FromFile(file, RenderLimits.MaxInputPixels);
        }
        finally
        {
            _decoders.Release();
        }
    }

    /// <summary>Stores a picture.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    public async Task<InputView> PutAsync(CanonicalPicture picture, CancellationToken cancellation)
    {
        if (await record.KeepAsync(picture.Digest, cancellation) == InputStanding.Leaving)
            throw new ObjectStoreException($"The picture {picture.Digest} is being deleted, since no job had named it for long. Send it again in a moment.");
        await store.PutAsync(ObjectKey.ForInput(picture.Digest), picture.File, ImageFormats.ContentType(ImageFormats.Png), cancellation);
        return new InputView(picture.Digest, picture.Width, picture.Height, picture.File.Length);
    }

    /// <summary>Size in pixels of a stored picture that a job is about to name; null when there is none. It stays for the grace at least.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    /// <exception cref="ImageFormatException">What is stored is no PNG.</exception>
    public async Task<(int Width, int Height)?> UseAsync(string digest, CancellationToken cancellation)
    {
        var standing = await record.UseAsync(digest, cancellation);
        if (standing == InputStanding.Leaving || await SizeAsync(digest, cancellation) is not { } size) return null;
        // Not every digest that somebody makes up gets a row.
        if (standing == InputStanding.Unknown) await record.KeepAsync(digest, cancellation);
        return size;
    }

    // Read from its first bytes.
    private async Task<(int Width, int Height)?> SizeAsync(string digest, CancellationToken cancellation)
    {
        await using var stream = await store.OpenAsync(ObjectKey.ForInput(digest), cancellation);
        if (stream is null) return null;
        var start = new byte[PngHeader.Length];
        var read = await stream.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellation);
        return PngHeader.ReadSize(start.AsSpan(0, read));
    }

    /// <summary>Length in bytes of a stored picture's file; null when there is none.</summary>
    public Task<long?> BytesAsync(string digest, CancellationToken cancellation) => store.SizeAsync(ObjectKey.ForInput(digest), cancellation);

    /// <summary>A stored picture's file; null when there is none.</summary>
    public Task<Stream?> OpenAsync(string digest, CancellationToken cancellation) => store.OpenAsync(ObjectKey.ForInput(digest), cancellation);

    public void Dispose() => _decoders.Dispose();
}
