namespace RenderFarm.Hosting.ObjectStore;

/// <summary>
/// Where finished images live. Objects are immutable: a key is written once, whole or not at all, and read many times.
/// Every implementation passes the same conformance suite.
/// </summary>
public interface IObjectStore
{
    /// <summary>Stores an object whole: after a failure or a crash it is either there completely or not at all.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    Task PutAsync(ObjectKey key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellation);

    /// <summary>Opens an object for reading; null when there is none.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    Task<Stream?> OpenAsync(ObjectKey key, CancellationToken cancellation);

    /// <summary>Length of an object in bytes; null when there is none.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    Task<long?> SizeAsync(ObjectKey key, CancellationToken cancellation);

    /// <summary>Removes an object. Removing one that is not there is no error.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    Task DeleteAsync(ObjectKey key, CancellationToken cancellation);

    /// <summary>Keys that begin with a prefix, in ordinal order.</summary>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    IAsyncEnumerable<ObjectKey> ListAsync(string prefix, CancellationToken cancellation);
}

/// <summary>The object store refused or could not be reached.</summary>
public sealed class ObjectStoreException : Exception
{
    /// <summary>With a sentence that tells the next step.</summary>
    public ObjectStoreException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <inheritdoc />
    public ObjectStoreException() : this("The object store failed.")
    {
    }

    /// <inheritdoc />
    public ObjectStoreException(string message) : this(message, null)
    {
    }
}
