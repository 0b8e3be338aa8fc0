namespace RenderFarm.Cli.Output;

/// <summary>One line for each finished image, for logs and pipes.</summary>
internal sealed class PlainProgress(TextWriter writer) : IProgressDisplay
{
    private string? saidWaiting;

    public void Update(RenderProgress progress)
    {
        if (progress.Waiting is not { } waiting || waiting == saidWaiting) return;
        saidWaiting = waiting;
        writer.WriteLine($"waiting: {waiting}");
    }

    public void ImageEnded(RenderProgress progress) => writer.WriteLine(ProgressText.Line(progress));

    public void Say(string sentence) => writer.WriteLine(sentence);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
