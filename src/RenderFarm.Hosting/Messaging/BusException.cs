namespace RenderFarm.Hosting.Messaging;

/// <summary>A message was not handed over: the broker is away, did not confirm in time, or knows no such queue. Sending again is always harmless.</summary>
public sealed class BusException : Exception
{
    /// <summary>With a sentence that names the message and the queue.</summary>
    public BusException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    /// <inheritdoc />
    public BusException() : this("A message was not handed over.")
    {
    }

    /// <inheritdoc />
    public BusException(string message) : this(message, null)
    {
    }
}
