namespace RenderFarm.Cli;

/// <summary>An outcome that a person can act on: printed as <c>error: …</c> with the next step, never as a stack trace.</summary>
/// <param name="exitCode">One of <see cref="ExitCodes"/>.</param>
/// <param name="message">One sentence that names what is at fault; lines are printed as they are.</param>
/// <param name="nextStep">One sentence that says what to do; null where the message says it.</param>
/// <param name="cause">What lies beneath; shown with <c>--verbose</c>.</param>
internal class CommandException(int exitCode, string message, string? nextStep = null, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>One of <see cref="ExitCodes"/>.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>What to do about it; null where the message says it.</summary>
    public string? NextStep { get; } = nextStep;
}
