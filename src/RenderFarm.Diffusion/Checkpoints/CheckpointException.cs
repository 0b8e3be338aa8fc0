namespace RenderFarm.Diffusion.Checkpoints;

/// <summary>A checkpoint's file is missing, damaged, or not what this engine can run. The message names the file.</summary>
public sealed class CheckpointException : Exception
{
    /// <param name="file">The file at fault.</param>
    /// <param name="reason">What is wrong with it.</param>
    /// <param name="inner">The cause, where there is one.</param>
    public CheckpointException(string file, string reason, Exception? inner = null)
        : base($"Checkpoint file {file}: {reason}.", inner) => File = file;

    /// <inheritdoc />
    public CheckpointException() : this("", "unreadable")
    {
    }

    /// <inheritdoc />
    public CheckpointException(string message) : base(message) => File = "";

    /// <inheritdoc />
    public CheckpointException(string message, Exception innerException) : base(message, innerException) => File = "";

    /// <summary>The file at fault.</summary>
    public string File { get; }
}
