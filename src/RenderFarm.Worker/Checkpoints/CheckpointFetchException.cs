using RenderFarm.Contracts.Attempts;

namespace RenderFarm.Worker.Checkpoints;

/// <summary>A checkpoint cannot be fetched here; another worker may have more luck.</summary>
/// <param name="code">One of <see cref="FailureCodes"/>.</param>
/// <param name="message">Which file, and what to do.</param>
/// <param name="cause">What was caught.</param>
internal sealed class CheckpointFetchException(string code, string message, Exception? cause = null) : Exception(message, cause)
{
    public string Code => code;
}
