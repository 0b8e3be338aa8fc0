using System.Security.Cryptography;

namespace RenderFarm.Hosting.ObjectStore;

/// <summary>
/// Where finished images live. Objects are immutable: a key is written once, whole or not at all, and read many times.
/// Every implementation passes the same conformance suite.
/// </summary>
public interface IObjectStore
{
    /// <summary>Whether objects are files of a folder. Its disk may hang like any other, and then a call does not end: the time-outs of a server are not there.</summary>
    bool IsFolder => false;

    /// <summary>Stores an object whole: after a failure or a crash it is either there completely or not at all.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    Task PutAsync(ObjectKey key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellation);

    /// <summary>Opens an object for reading; null when there is none.</summary>
    /// <remarks>Read the stream asynchronously. A read of it fails with an <see cref="ObjectStoreException"/> or an <see cref="IOException"/>, and does not wait for ever.</remarks>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    Task<Stream?> OpenAsync(ObjectKey key, CancellationToken cancellation);

    /// <summary>Length of an object in bytes; null when there is none.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    Task<long?> SizeAsync(ObjectKey key, CancellationToken cancellation);

    /// <summary>Size and checksum of an object, for comparing with what was reported; null when there is none.</summary>
    /// <remarks>A store that does not keep checksums reads the object: this is for doubtful cases, not for every image.</remarks>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    async Task<ObjectHead?> HeadAsync(ObjectKey key, CancellationToken cancellation)
    {
        await using var content = await OpenAsync(key, cancellation);
        if (content is null) return null;
        var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellation));
        return await SizeAsync(key, cancellation) is { } size ? new ObjectHead(size, sha256) : null;
    }

    /// <summary>An address that anyone can read the object from for a while, without asking the farm; null for a store that cannot be read so.</summary>
    /// <param name="key">The object; whether it is there is not looked up.</param>
    /// <param name="lifetime">1 second…7 days.</param>
    Task<Uri?> LinkAsync(ObjectKey key, TimeSpan lifetime) => Task.FromResult<Uri?>(null);

    /// <summary>Removes an object. Removing one that is not there is no error.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    Task DeleteAsync(ObjectKey key, CancellationToken cancellation);

    /// <summary>Keys that begin with a prefix, in ordinal order. What has a name that no <see cref="ObjectKey"/> has is somebody else's and is left out.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    IAsyncEnumerable<ObjectKey> ListAsync(string prefix, CancellationToken cancellation);
}

/// <summary>What is known of an object without reading it.</summary>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">SHA-256 of its content in lower-case hexadecimal digits; null when somebody else than the farm stored it.</param>
public sealed record ObjectHead(long SizeBytes, string? Sha256);

/// <summary>The object store refused or could not be reached.</summary>
public sealed class ObjectStoreException : Exception
{
    /// <summary>With a sentence that tells the next step.</summary>
    public ObjectStoreException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <summary>
    /// Whether the store understood and said no, as to a wrong key or on a full disk: asking again soon does not help. False when it could not be reached, was
    /// overloaded or broke off.
    /// </summary>
    public bool IsRefusal { get; init; }

    /// <inheritdoc />
    public ObjectStoreException() : this("The object store failed.")
    {
    }

    /// <inheritdoc />
    public ObjectStoreException(string message) : this(message, null)
    {
    }
}
