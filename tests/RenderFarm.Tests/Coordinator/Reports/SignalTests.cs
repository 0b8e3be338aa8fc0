using System.Text;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Reports;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Reports;

public sealed class SignalTests
{
    [Fact]
    public void Signal_is_read_as_it_was_written()
    {
        JobId[] jobs = [new(Guid.CreateVersion7()), new(Guid.CreateVersion7())];

        var read = Signal.Parse(new Signal("me", true, jobs).ToString())!;

        Assert.Equal(("me", true), (read.Sender, read.LeaderWanted));
        Assert.Equal(jobs, read.Jobs!);
        Assert.Empty(Signal.Parse(new Signal("me", false, []).ToString())!.Jobs!);
    }

    [Fact]
    public void Signal_of_too_many_jobs_means_any_and_one_of_the_most_fits_into_a_notification()
    {
        var jobs = Enumerable.Range(0, Signal.MostJobs + 1).Select(_ => new JobId(Guid.CreateVersion7())).ToList();

        Assert.Null(Signal.Parse(new Signal("me", false, jobs).ToString())!.Jobs);
        Assert.InRange(Encoding.UTF8.GetByteCount(new Signal("0123456789ab", true, jobs[1..]).ToString()), 7_000, 7_999);
    }

    [Theory]
    [InlineData("")]
    [InlineData("me")]
    [InlineData("me 2")]
    [InlineData("me 0 not-a-job")]
    public void Text_of_somebody_else_is_no_signal(string text) => Assert.Null(Signal.Parse(text));
}
