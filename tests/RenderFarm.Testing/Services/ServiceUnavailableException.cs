namespace RenderFarm.Testing.Services;

/// <summary>
/// A server that a test needs cannot be had on this machine. The runner takes the test as skipped, with the reason; where <c>CI</c> is <c>true</c> it fails,
/// because a test that never runs there would guard nothing.
/// </summary>
public sealed class ServiceUnavailableException : Exception
{
    // xunit v3 reads a message that begins so as a skip, whoever throws it.
    private const string SkipMark = "$XunitDynamicSkip$";

    /// <param name="service">Name of the server.</param>
    /// <param name="reason">Why it cannot be had, with what would help.</param>
    public ServiceUnavailableException(string service, string reason)
        : base($"{(Environment.GetEnvironmentVariable("CI") == "true" ? "" : SkipMark)}{service} is not to be had here: {reason}")
    {
    }

    /// <inheritdoc />
    public ServiceUnavailableException() : this("A server", "no reason given")
    {
    }

    /// <inheritdoc />
    public ServiceUnavailableException(string message) : this("A server", message)
    {
    }

    /// <inheritdoc />
    public ServiceUnavailableException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
