using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Coordinator.Workers.Heartbeats;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Workers.Heartbeats;

public sealed class GatheredHeartbeatsTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Channel<Writing> _writings = Channel.CreateUnbounded<Writing>();
    private readonly GatheredHeartbeats _heartbeats;

    public GatheredHeartbeatsTests() => _heartbeats = new GatheredHeartbeats(WriteAsync, _clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Heartbeats_of_a_moment_are_written_together_and_handled_when_they_are_written()
    {
        var beats = new[] { BeatAsync("a"), BeatAsync("b"), BeatAsync("a") };
        _clock.Advance(GatheredHeartbeats.Window - TimeSpan.FromMilliseconds(1));
        Assert.False(_writings.Reader.TryRead(out _));
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        var writing = await NextAsync();

        Assert.Equal(["a", "b", "a"], writing.Workers);
        Assert.All(beats, beat => Assert.False(beat.IsCompleted));
        writing.End();
        await Task.WhenAll(beats).WaitAsync(Cancellation);
    }

    [Fact]
    public async Task As_many_as_there_can_be_wait_for_no_others()
    {
        var beats = Enumerable.Range(0, GatheredHeartbeats.Most).Select(i => BeatAsync($"w{i}")).ToList();
        var writing = await NextAsync();
        Assert.Equal(GatheredHeartbeats.Most, writing.Workers.Count());
        writing.End();
        await Task.WhenAll(beats).WaitAsync(Cancellation);
    }

    [Fact]
    public async Task Another_message_comes_after_the_heartbeats_before_it_and_before_those_after_it()
    {
        var handled = new TaskCompletionSource();
        var before = BeatAsync("before");
        var turn = _heartbeats.InTurnAsync(() => handled.Task, Cancellation);
        var after = BeatAsync("after");

        var first = await NextAsync();
        Assert.Equal(["before"], first.Workers);
        _clock.Advance(GatheredHeartbeats.Window);
        Assert.False(turn.IsCompleted);
        first.End();
        await before.WaitAsync(Cancellation);
        Assert.False(_writings.Reader.TryRead(out _));

        handled.SetResult();
        var second = await NextAsync();
        Assert.True(turn.IsCompletedSuccessfully);
        Assert.Equal(["after"], second.Workers);
        second.End();
        await after.WaitAsync(Cancellation);
    }

    [Fact]
    public async Task Heartbeats_that_come_while_others_are_written_go_along_with_those_that_wait()
    {
        var first = BeatAsync("first");
        _clock.Advance(GatheredHeartbeats.Window);
        var writing = await NextAsync();
        var waiting = BeatAsync("waiting");
        _clock.Advance(GatheredHeartbeats.Window);
        var late = BeatAsync("late");

        writing.End();
        await first.WaitAsync(Cancellation);

        var second = await NextAsync();
        Assert.Equal(["waiting", "late"], second.Workers);
        second.End();
        await Task.WhenAll(waiting, late).WaitAsync(Cancellation);
    }

    [Fact]
    public async Task Heartbeat_of_a_worker_that_is_not_known_yet_is_looked_at_once_more_behind_what_has_come_meanwhile()
    {
        var beat = BeatAsync("new");
        _clock.Advance(GatheredHeartbeats.Window);
        var first = await NextAsync();
        var turn = _heartbeats.InTurnAsync(() => Task.CompletedTask, Cancellation);

        first.Leave();
        await turn.WaitAsync(Cancellation);
        Assert.False(beat.IsCompleted);
        var second = await AdvanceUntilAsync();

        Assert.True(Assert.Single(second.Pending).IsSecondLook);
        Assert.Equal(["new"], second.Workers);
        second.End();
        await beat.WaitAsync(Cancellation);
    }

    [Fact]
    public async Task Message_that_fails_holds_up_none_behind_it_and_one_that_was_taken_away_is_not_handled()
    {
        var failing = _heartbeats.InTurnAsync(() => throw new InvalidOperationException(), Cancellation);
        var isHandled = false;
        var gone = _heartbeats.InTurnAsync(() => { isHandled = true; return Task.CompletedTask; }, new CancellationToken(canceled: true));
        var next = _heartbeats.InTurnAsync(() => Task.CompletedTask, Cancellation);

        await next.WaitAsync(Cancellation);

        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.False(isHandled);
    }

    [Fact]
    public async Task Heartbeat_speaks_for_the_time_when_it_arrived()
    {
        var arrived = DateTimeOffset.UnixEpoch;
        _ = _heartbeats.WriteAsync(new WorkerHeartbeat("a", Guid.Empty, []), arrived, Cancellation);
        _clock.Advance(GatheredHeartbeats.Window);

        var writing = await NextAsync();

        Assert.Equal(arrived, writing.Pending.Single().ArrivedAt);
        writing.End();
    }

    private Task BeatAsync(string worker) => _heartbeats.WriteAsync(new WorkerHeartbeat(worker, Guid.Empty, []), _clock.GetUtcNow(), Cancellation);

    private async Task<Writing> NextAsync() => await _writings.Reader.ReadAsync(Cancellation);

    private async Task<Writing> AdvanceUntilAsync()
    {
        Writing? next;
        while (!_writings.Reader.TryRead(out next))
        {
            Cancellation.ThrowIfCancellationRequested();
            _clock.Advance(GatheredHeartbeats.Window);
            await Task.Yield();
        }

        return next;
    }

    private async Task WriteAsync(IReadOnlyList<PendingHeartbeat> gathered)
    {
        var writing = new Writing([.. gathered]);
        await _writings.Writer.WriteAsync(writing, CancellationToken.None);
        await writing.Ended;
    }

    /// <summary>A transaction that ends when the test says so.</summary>
    private sealed class Writing(IReadOnlyList<PendingHeartbeat> pending)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<PendingHeartbeat> Pending => pending;

        public IEnumerable<string> Workers => pending.Select(one => one.Message.Worker);

        public Task Ended => _ended.Task;

        public void End()
        {
            foreach (var one in pending) one.Done.TrySetResult();
            _ended.TrySetResult();
        }

        /// <summary>Ends and leaves all for a second look.</summary>
        public void Leave() => _ended.TrySetResult();
    }
}
