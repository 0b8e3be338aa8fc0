using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Client;

/// <summary>The farm answered with a problem.</summary>
/// <param name="problem">What the farm said; made up from the status where the body is none of the API's.</param>
internal sealed class FarmApiException(Problem problem)
    : CommandException(ExitCodeOf(problem), problem.Detail ?? problem.Title)
{
    /// <summary>What the farm said.</summary>
    public Problem Problem { get; } = problem;

    /// <summary>HTTP status.</summary>
    public int Status => Problem.Status;

    /// <summary>True for answers that say "not now": asking again may work.</summary>
    public bool IsTransient => Status is 429 or 502 or 503 or 504;

    // The request came from the command line, so a request that is refused for what it says is wrong use.
    private static int ExitCodeOf(Problem problem) => problem.Code switch
    {
        ProblemCodes.InvalidRequest or ProblemCodes.IdempotencyKeyReused or ProblemCodes.TooLarge or ProblemCodes.InputNotUsable => ExitCodes.WrongUse,
        _ => ExitCodes.Failed,
    };
}

/// <summary>No farm answered, or the connection broke.</summary>
internal sealed class FarmUnreachableException(Uri? server, Exception cause) : CommandException(
    ExitCodes.Failed,
    $"The farm at {server} cannot be reached: {Innermost(cause).Message.TrimEnd('.')}.",
    "Check that it runs (renderfarm serve) and that --server names its address.",
    cause)
{
    private static Exception Innermost(Exception error) => error.InnerException is { } inner ? Innermost(inner) : error;
}
