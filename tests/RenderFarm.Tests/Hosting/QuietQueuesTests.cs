using RenderFarm.Hosting.Messaging.Queues;
using Xunit;

namespace RenderFarm.Tests.Hosting;

public sealed class QuietQueuesTests
{
    private static readonly QueueLook Well = new("q", IsThere: true, Readers: 1, Waiting: 0, Taken: 5, InHand: 0);

    [Fact]
    public void Queue_that_is_read_is_never_quiet()
    {
        var quiet = new QuietQueues();
        Assert.Empty(quiet.Judge([Well]));
        Assert.Empty(quiet.Judge([Well with { Waiting = 7, Taken = 9 }]));
        Assert.Empty(quiet.Judge([Well with { Waiting = 9, Taken = 12 }]));
    }

    [Theory]
    [InlineData(false, 0u, 0u)]
    [InlineData(true, 0u, 0u)]
    [InlineData(true, 1u, 4u)]
    public void Queue_gone_or_without_reader_or_with_messages_nobody_takes_is_quiet_at_the_second_look(bool isThere, uint readers, uint waiting)
    {
        var quiet = new QuietQueues();
        var look = Well with { IsThere = isThere, Readers = readers, Waiting = waiting };
        Assert.Empty(quiet.Judge([Well]));
        Assert.Empty(quiet.Judge([look]));
        Assert.Equal(["q"], quiet.Judge([look]));
    }

    [Fact]
    public void Reader_with_its_hands_full_is_not_quiet()
    {
        var quiet = new QuietQueues();
        for (var i = 0; i < 5; i++) Assert.Empty(quiet.Judge([Well with { Waiting = 100, InHand = 64 }]));
    }

    [Fact]
    public void Fresh_reader_is_given_two_looks_again()
    {
        var quiet = new QuietQueues();
        quiet.Judge([Well with { Readers = 0 }]);
        quiet.Forget();
        Assert.Empty(quiet.Judge([Well with { Readers = 0 }]));
    }
}
