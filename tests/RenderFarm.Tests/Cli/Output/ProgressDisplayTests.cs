using Microsoft.Extensions.Time.Testing;
using RenderFarm.Cli.Output;
using RenderFarm.Contracts.Api;
using RenderFarm.Tests.Cli.Testing;
using Xunit;

namespace RenderFarm.Tests.Cli.Output;

public sealed class ProgressDisplayTests : IDisposable
{
    private readonly FakeTimeProvider clock = new();
    private readonly SampleJob job = new(images: 2);
    private readonly StringWriter screen = new();

    public void Dispose() => screen.Dispose();

    [Fact]
    public async Task Plain_display_prints_one_line_for_each_finished_image()
    {
        var progress = new RenderProgress(clock);
        await using (var display = new PlainProgress(screen))
        {
            progress.Apply(job.Queued);
            display.Update(progress);
            for (var i = 0; i < 2; i++)
            {
                clock.Advance(TimeSpan.FromSeconds(2));
                progress.Apply(new TaskEndedEvent(SampleJob.Done(i), job.Counts(completed: i + 1)));
                display.ImageEnded(progress);
            }
        }

        Assert.Equal($"1/2  0.5 images/s  ETA 2 s{Environment.NewLine}2/2  0.5 images/s{Environment.NewLine}", screen.ToString());
    }

    [Fact]
    public async Task Plain_display_says_once_why_a_job_waits()
    {
        var progress = new RenderProgress(clock);
        progress.Apply(job.Queued with { Waiting = "No worker holds demo." });
        await using (var display = new PlainProgress(screen))
        {
            display.Update(progress);
            display.Update(progress);
        }

        Assert.Equal($"waiting: No worker holds demo.{Environment.NewLine}", screen.ToString());
    }

    [Fact]
    public async Task Terminal_display_takes_markup_in_a_reason_for_text()
    {
        var progress = new RenderProgress(clock);
        progress.Apply(job.Queued with { Waiting = "No device [cuda] takes [/] it." });
        var display = new TerminalProgress(screen);
        await display.Started;
        display.Update(progress);
        await display.DisposeAsync();
        Assert.Contains("No device [cuda] takes [/] it.", screen.ToString(), StringComparison.Ordinal);
    }
}
