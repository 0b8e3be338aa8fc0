using Microsoft.Extensions.Time.Testing;
using RenderFarm.Diffusion.Onnx;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Onnx;

public sealed class SideCallsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Third_call_waits_until_one_of_two_has_ended()
    {
        var calls = new SideCalls();
        using var release = new ManualResetEventSlim();
        var entered = 0;
        var threads = Enumerable.Range(0, SideCalls.AtOnce + 1).Select(_ => Start(() => calls.Run(() =>
        {
            Interlocked.Increment(ref entered);
            release.Wait();
        }))).ToArray();
        // All of them stand still: two in their call, one before it.
        foreach (var thread in threads) Assert.True(SpinWait.SpinUntil(() => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience));
        Assert.Equal(SideCalls.AtOnce, Volatile.Read(ref entered));
        release.Set();
        foreach (var thread in threads) Assert.True(thread.Join(Patience));
        Assert.Equal(SideCalls.AtOnce + 1, entered);
    }

    [Fact]
    public void Longest_call_is_timed_and_waits_for_a_place_are_not()
    {
        var clock = new FakeTimeProvider();
        var calls = new SideCalls(clock);
        Assert.Null(calls.Longest);
        calls.Run(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(3));
            calls.Run(() => clock.Advance(TimeSpan.FromSeconds(2)));
            Assert.Equal(TimeSpan.FromSeconds(5), calls.Longest);
        });
        Assert.Null(calls.Longest);
        Assert.Equal(TimeSpan.FromSeconds(1), calls.Time(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return calls.Longest;
        }));
    }

    [Fact]
    public void Call_that_does_not_fit_is_made_again_when_nothing_else_runs()
    {
        List<string> order = [];
        var calls = new SideCalls { WhileUNetRests = Resting(order) };
        using var inside = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var other = Start(() => calls.Run(() =>
        {
            inside.Set();
            release.Wait();
            lock (order) order.Add("other ends");
        }));
        Assert.True(inside.Wait(Patience, TestContext.Current.CancellationToken));
        var tries = 0;
        var large = Start(() => calls.Run(() =>
        {
            if (++tries == 1) throw new InsufficientMemoryException("bad_alloc");
            lock (order) order.Add("again");
        }));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref tries) == 1 && large.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience));
        release.Set();
        Assert.True(other.Join(Patience) && large.Join(Patience));
        Assert.Equal(["other ends", "UNet rests", "again"], order);
        calls.Run(() => tries = 0);
        Assert.Equal(0, tries);
    }

    [Fact]
    public void Call_that_does_not_fit_alone_either_fails_and_the_next_has_its_place()
    {
        List<string> order = [];
        var calls = new SideCalls { WhileUNetRests = Resting(order) };
        Assert.Throws<InsufficientMemoryException>(() => calls.Run(() => throw new InsufficientMemoryException("bad_alloc")));
        Assert.Throws<InvalidDataException>(() => calls.Run(() => throw new InvalidDataException("no memory's fault")));
        Assert.Equal(["UNet rests"], order);
        calls.Run(() => order.Add("next"));
        Assert.Equal("next", order[^1]);
    }

    private static Action<Action> Resting(List<string> order) => call =>
    {
        lock (order) order.Add("UNet rests");
        call();
    };

    private static Thread Start(Action work)
    {
        var thread = new Thread(() => work()) { IsBackground = true };
        thread.Start();
        return thread;
    }
}
