using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Hosting.Messaging;
using Xunit;

namespace RenderFarm.Tests.Hosting;

public sealed class MessageLifeTests
{
    [Fact]
    public void Heartbeats_and_probes_live_equally_long_so_that_no_lease_ages_while_heartbeats_are_dropped() =>
        Assert.Equal((MessageLife.OfTheMoment, MessageLife.OfTheMoment), (MessageLife.Of(new WorkerHeartbeat("w", Guid.Empty, [])), MessageLife.Of(new LeaseProbe("main", Guid.Empty, 1))));

    [Fact]
    public void Progress_and_announcements_which_are_said_again_live_for_a_while()
    {
        Assert.Equal(TimeSpan.FromSeconds(2), MessageLife.Of(new AttemptsProgressed("w", [])));
        Assert.Equal(TimeSpan.FromSeconds(60), MessageLife.Of(new WorkerAnnounced("w", Guid.Empty, new WorkerCapabilities([], []))));
    }

    [Fact]
    public void What_must_be_heard_however_late_lives_until_it_is_read()
    {
        Assert.Null(MessageLife.Of(new WorkerLeft("w", Guid.Empty)));
        Assert.Null(MessageLife.Of(new AttemptReports([])));
        Assert.Null(MessageLife.Of(new CancelAttempt(new AttemptId(new JobId(Guid.Empty), 1, 1))));
    }
}
