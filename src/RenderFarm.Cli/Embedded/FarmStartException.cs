namespace RenderFarm.Cli.Embedded;

/// <summary>The embedded farm could not start for a reason that the person at the keyboard can remove.</summary>
/// <param name="message">One sentence that names the folder, file or address at fault.</param>
/// <param name="nextStep">One sentence that says what to do about it.</param>
/// <param name="cause">What the system said; shown with <c>--verbose</c>.</param>
internal sealed class FarmStartException(string message, string nextStep, Exception? cause = null)
    : CommandException(ExitCodes.WrongUse, message, nextStep, cause);
