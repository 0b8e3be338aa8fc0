using System.Globalization;
using Spectre.Console;

namespace RenderFarm.Cli.Output;

/// <summary>A live bar: images done, images per second, steps of the image that is furthest, time to the end.</summary>
internal sealed class TerminalProgress : IProgressDisplay
{
    private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ProgressTask> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IAnsiConsole console;
    private readonly Task drawing;

    public TerminalProgress(TextWriter writer)
    {
        console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        drawing = new Progress(console)
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new ProgressBarColumn { Width = 30 }, new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async context =>
            {
                started.SetResult(context.AddTask("starting", maxValue: 1));
                await finished.Task;
            });
    }

    /// <summary>Completes when the bar is on the screen; what is shown before that is not drawn.</summary>
    public Task Started => started.Task;

    /// <summary>The words beside the bar.</summary>
    public static string Describe(RenderProgress progress)
    {
        if (progress.Waiting is { } waiting) return "waiting: " + waiting;
        var steps = progress.Steps is { } at ? string.Create(CultureInfo.InvariantCulture, $"  step {at.Step}/{at.Steps}") : "";
        return ProgressText.Line(progress) + steps;
    }

    public void Update(RenderProgress progress)
    {
        if (!started.Task.IsCompletedSuccessfully) return;
        var bar = started.Task.Result;
        bar.MaxValue = Math.Max(1, progress.Total);
        bar.Value = progress.Work;
        bar.Description = Markup.Escape(Describe(progress));
    }

    public void ImageEnded(RenderProgress progress) => Update(progress);

    public void Say(string sentence) => console.WriteLine(sentence);

    public async ValueTask DisposeAsync()
    {
        finished.TrySetResult();
        await drawing;
    }
}
