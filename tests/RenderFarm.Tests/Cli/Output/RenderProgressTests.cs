using Microsoft.Extensions.Time.Testing;
using RenderFarm.Cli.Output;
using RenderFarm.Contracts.Api;
using RenderFarm.Tests.Cli.Testing;
using Xunit;

namespace RenderFarm.Tests.Cli.Output;

public sealed class RenderProgressTests
{
    private readonly FakeTimeProvider clock = new();
    private readonly SampleJob job = new(images: 4);
    private readonly RenderProgress progress;

    public RenderProgressTests()
    {
        progress = new RenderProgress(clock);
        progress.Apply(job.Queued);
    }

    [Fact]
    public void Rate_and_remaining_time_follow_from_finished_images()
    {
        Pass(2.5, 0);
        Pass(1.25, 1);
        Pass(0, 2);
        Assert.Equal(0.8, progress.ImagesPerSecond!.Value, 6);
        Assert.Equal(1.25, progress.Remaining!.Value.TotalSeconds, 6);
        Assert.Equal("3/4  0.8 images/s  ETA 2 s", ProgressText.Line(progress));
    }

    [Fact]
    public void Steps_count_as_parts_of_an_image_before_the_first_is_finished()
    {
        clock.Advance(TimeSpan.FromSeconds(1));
        progress.Apply(new TaskProgressEvent(0, 10, 20));
        progress.Apply(new TaskProgressEvent(1, 5, 20));
        Assert.Equal(0.75, progress.Work, 6);
        Assert.Equal(0.75, progress.ImagesPerSecond!.Value, 6);
        Assert.Equal((10, 20), progress.Steps);
        Assert.Equal("0/4  0.8 images/s  ETA 5 s  step 10/20", TerminalProgress.Describe(progress));
    }

    [Fact]
    public void Finished_image_is_not_counted_twice()
    {
        progress.Apply(new TaskProgressEvent(0, 19, 20));
        Pass(1, 0);
        Assert.Equal(1, progress.Work, 6);
        Assert.Null(progress.Steps);
    }

    [Fact]
    public void Images_recorded_in_one_batch_are_counted_one_by_one()
    {
        var batch = job.Counts(completed: 3);
        var lines = new List<int>();
        foreach (var index in (int[])[0, 1, 1, 2])
        {
            progress.Apply(new TaskEndedEvent(SampleJob.Done(index), batch));
            lines.Add(progress.Completed);
        }

        Assert.Equal([1, 2, 2, 3], lines);
    }

    [Fact]
    public void Watch_that_begins_late_does_not_claim_the_work_done_before()
    {
        var late = new RenderProgress(clock);
        late.Apply(job.Queued with { Tasks = job.Counts(completed: 2) });
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(late.ImagesPerSecond);
        late.Apply(new TaskEndedEvent(SampleJob.Done(2), job.Counts(completed: 3)));
        Assert.Equal(1, late.ImagesPerSecond!.Value, 6);
    }

    [Fact]
    public void Rate_forgets_what_was_longer_ago_than_a_minute()
    {
        var large = new SampleJob(images: 1000);
        progress.Apply(large.Queued);
        for (var i = 0; i < 10; i++) Pass(30, i, large);
        for (var i = 10; i < 130; i++) Pass(1, i, large);
        Assert.InRange(progress.ImagesPerSecond!.Value, 0.95, 1.05);
    }

    [Fact]
    public void Estimate_of_the_farm_stands_in_until_there_is_a_rate()
    {
        progress.Apply(job.Queued with { EtaSeconds = 90 });
        Assert.Null(progress.ImagesPerSecond);
        Assert.Equal("0/4  ETA 1 min 30 s", ProgressText.Line(progress));
    }

    [Fact]
    public void Failed_and_canceled_images_are_counted_and_named()
    {
        clock.Advance(TimeSpan.FromSeconds(4));
        progress.Apply(job.Queued with { Tasks = new TaskCounts(4, 0, 0, 0, 2, 1, 1) });
        Assert.Equal("4/4  1.0 images/s  1 failed  1 canceled", ProgressText.Line(progress));
        Assert.Equal(TimeSpan.Zero, progress.Remaining);
    }

    [Fact]
    public void Reason_for_waiting_is_shown_until_something_moves()
    {
        progress.Apply(job.Queued with { Waiting = "No worker holds demo." });
        Assert.Equal("waiting: No worker holds demo.", TerminalProgress.Describe(progress));
        progress.Apply(new TaskProgressEvent(0, 1, 20));
        Assert.Null(progress.Waiting);
    }

    [Theory]
    [InlineData(0.2, "1 s")]
    [InlineData(59, "59 s")]
    [InlineData(60, "1 min")]
    [InlineData(125, "2 min 5 s")]
    [InlineData(12_000, "3 h 20 min")]
    [InlineData(187_200, "2 d 4 h")]
    public void Duration_is_said_in_two_units_at_most(double seconds, string expected) =>
        Assert.Equal(expected, ProgressText.Duration(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0.05, "3.0 images/min")]
    [InlineData(0.8, "0.8 images/s")]
    [InlineData(123.4, "123 images/s")]
    public void Rate_is_said_in_the_unit_that_reads_well(double rate, string expected) => Assert.Equal(expected, ProgressText.Rate(rate));

    private void Pass(double seconds, int index, SampleJob? of = null)
    {
        clock.Advance(TimeSpan.FromSeconds(seconds));
        progress.Apply(new TaskEndedEvent(SampleJob.Done(index), (of ?? job).Counts(completed: index + 1)));
    }
}
