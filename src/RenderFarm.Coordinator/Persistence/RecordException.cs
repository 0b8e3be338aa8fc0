namespace RenderFarm.Coordinator.Persistence;

/// <summary>The record cannot be used; the message tells the next step.</summary>
public sealed class RecordException : Exception
{
    /// <summary>With a sentence that tells the next step.</summary>
    public RecordException(string message, Exception? inner) : base(message, inner)
    {
    }

    /// <summary>Whether the database was away, so that a later try may succeed; default false.</summary>
    public bool IsPassing { get; init; }

    /// <inheritdoc />
    public RecordException() : this("The record cannot be used.", null)
    {
    }

    /// <inheritdoc />
    public RecordException(string message) : this(message, null)
    {
    }
}
