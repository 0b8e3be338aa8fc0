using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Hosting.Background;
using Xunit;

namespace RenderFarm.Tests.Hosting;

public sealed class FarmLoopTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Loop_passes_at_start_then_once_per_interval()
    {
        var clock = new FakeTimeProvider();
        using var loop = new Counting(clock, (_, _) => Task.FromResult(false));
        await loop.StartAsync(Cancellation);
        await loop.Entered.ReadAsync(Cancellation);
        await AdvanceUntilPassAsync(clock, loop);
        await loop.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Wake_starts_a_pass_before_the_interval_is_over()
    {
        using var loop = new Counting(new FakeTimeProvider(), (_, _) => Task.FromResult(false));
        await loop.StartAsync(Cancellation);
        await loop.Entered.ReadAsync(Cancellation);
        loop.Wake();
        await loop.Entered.ReadAsync(Cancellation);
        await loop.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Pass_that_throws_does_not_end_the_loop()
    {
        using var loop = new Counting(new FakeTimeProvider(), (pass, _) => pass == 1 ? throw new InvalidOperationException("once") : Task.FromResult(false));
        await loop.StartAsync(Cancellation);
        await loop.Entered.ReadAsync(Cancellation);
        loop.Wake();
        await loop.Entered.ReadAsync(Cancellation);
        await loop.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Pass_with_more_to_do_is_followed_at_once()
    {
        using var loop = new Counting(new FakeTimeProvider(), (pass, _) => Task.FromResult(pass < 5));
        await loop.StartAsync(Cancellation);
        for (var pass = 1; pass <= 5; pass++) Assert.Equal(pass, await loop.Entered.ReadAsync(Cancellation));
        await loop.StopAsync(Cancellation);
        Assert.False(loop.Entered.TryRead(out _));
    }

    [Fact]
    public async Task Stop_cancels_the_pass_that_runs()
    {
        using var loop = new Counting(new FakeTimeProvider(), async (_, stopping) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stopping);
            return false;
        });
        await loop.StartAsync(Cancellation);
        await loop.Entered.ReadAsync(Cancellation);
        await loop.StopAsync(Cancellation);
        Assert.True(loop.ExecuteTask!.IsCompletedSuccessfully);
    }

    // The loop may not have begun its wait when the clock first moves, so the clock moves until the loop has seen it.
    private static async Task AdvanceUntilPassAsync(FakeTimeProvider clock, Counting loop)
    {
        while (!loop.Entered.TryRead(out _))
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }
    }

    private sealed class Counting(FakeTimeProvider clock, Func<int, CancellationToken, Task<bool>> pass)
        : FarmLoop(TimeSpan.FromSeconds(10), clock, NullLogger.Instance)
    {
        private readonly Channel<int> _entered = Channel.CreateUnbounded<int>();
        private int _count;

        public ChannelReader<int> Entered => _entered.Reader;

        protected override Task<bool> PassAsync(CancellationToken stopping)
        {
            _entered.Writer.TryWrite(++_count);
            return pass(_count, stopping);
        }
    }
}
