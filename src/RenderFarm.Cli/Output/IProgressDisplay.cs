namespace RenderFarm.Cli.Output;

/// <summary>Shows a job's progress while it runs. Disposing it leaves the screen in good order.</summary>
internal interface IProgressDisplay : IAsyncDisposable
{
    /// <summary>Something moved.</summary>
    void Update(RenderProgress progress);

    /// <summary>An image ended, which is also said where nothing can be drawn again.</summary>
    void ImageEnded(RenderProgress progress);

    /// <summary>Says a sentence of its own without disturbing what is drawn.</summary>
    void Say(string sentence);
}

/// <summary>Chooses a display.</summary>
internal static class ProgressDisplay
{
    /// <summary>A live bar on a terminal, plain lines elsewhere; with JSON output nothing but the bar.</summary>
    public static IProgressDisplay For(CliEnvironment environment, bool json) =>
        environment.ErrorIsTerminal ? new TerminalProgress(environment.Error)
        : json ? new SilentProgress()
        : new PlainProgress(environment.Error);
}

/// <summary>Shows nothing.</summary>
internal sealed class SilentProgress : IProgressDisplay
{
    public void Update(RenderProgress progress)
    {
    }

    public void ImageEnded(RenderProgress progress)
    {
    }

    public void Say(string sentence)
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
