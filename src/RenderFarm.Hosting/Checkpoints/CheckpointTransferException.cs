namespace RenderFarm.Hosting.Checkpoints;

/// <summary>Why a checkpoint could not be brought to a folder.</summary>
public enum TransferFault
{
    /// <summary>A blob is not there, or is not what its digest says, also when asked for again. Pushing the checkpoint again mends it.</summary>
    Damaged,

    /// <summary>The disk is full.</summary>
    DiskFull,

    /// <summary>The folder may not be written to, or a link in it would lead elsewhere.</summary>
    Refused,
}

/// <summary>A checkpoint could not be brought to a folder.</summary>
public sealed class CheckpointTransferException : Exception
{
    /// <summary>With a sentence that names the file and the next step.</summary>
    public CheckpointTransferException(TransferFault fault, string message, Exception? inner = null) : base(message, inner) => Fault = fault;

    /// <inheritdoc />
    public CheckpointTransferException() : this(TransferFault.Refused, "A checkpoint could not be brought to a folder.")
    {
    }

    /// <inheritdoc />
    public CheckpointTransferException(string message) : this(TransferFault.Refused, message)
    {
    }

    /// <inheritdoc />
    public CheckpointTransferException(string message, Exception? innerException) : this(TransferFault.Refused, message, innerException)
    {
    }

    /// <summary>The kind of reason.</summary>
    public TransferFault Fault { get; }
}
