using RenderFarm.Contracts;
using RenderFarm.Worker;
using Xunit;

namespace RenderFarm.Tests.Worker;

public sealed class HeldRunsTests
{
    private readonly HeldRuns _runs = new();

    [Fact]
    public void Run_whose_report_is_sent_in_this_moment_keeps_no_other_from_being_handed_back()
    {
        var (ended, held) = (Take(1), Take(2));
        ended.Dispose();
        _ = _runs.CloseAsync();
        Assert.Equal(StopCause.Shutdown, held.Cause);
        Assert.True(held.Stopping.IsCancellationRequested);
    }

    [Fact]
    public void Cancel_of_an_attempt_whose_report_is_sent_in_this_moment_is_no_error()
    {
        var ended = Take(1);
        ended.Dispose();
        _runs.Cancel(ended.Attempt);
        _runs.Abandon(ended.Device);
    }

    [Fact]
    public async Task Drain_hands_back_what_waits_and_lets_the_rest_end()
    {
        var (waits, renders, stores) = (Take(1), Take(2), Take(3));
        (renders.Phase, stores.Phase) = (RunPhase.Rendering, RunPhase.Storing);

        var drained = _runs.DrainAsync();

        Assert.Equal((StopCause.Shutdown, StopCause.None, StopCause.None), (waits.Cause, renders.Cause, stores.Cause));
        Assert.Equal(Delivery.Refused, _runs.Take(New(4)));
        foreach (var run in (HeldRun[])[waits, renders]) _runs.Remove(run);
        Assert.False(drained.IsCompleted);
        _runs.Remove(stores);
        await drained.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Engine_that_is_given_up_fails_what_it_renders_and_nothing_else()
    {
        var (waits, renders, stores) = (Take(1), Take(2), Take(3));
        (renders.Phase, stores.Phase) = (RunPhase.Rendering, RunPhase.Storing);
        _runs.StopRendering("main");
        Assert.Equal((StopCause.None, StopCause.Stuck, StopCause.None), (waits.Cause, renders.Cause, stores.Cause));
        _runs.Abandon("main");
        Assert.Equal((StopCause.Shutdown, StopCause.Stuck, StopCause.None), (waits.Cause, renders.Cause, stores.Cause));
        Assert.Equal((true, true, false), (waits.Abandoned.IsCancellationRequested, renders.Abandoned.IsCancellationRequested, stores.Abandoned.IsCancellationRequested));
    }

    [Fact]
    public void Second_delivery_joins_the_run_that_is_held_until_it_is_let_go()
    {
        var held = Take(1);
        Assert.Equal(Delivery.Joined, _runs.Take(New(1)));
        Assert.Equal([held], _runs.Snapshot());
        _runs.Remove(held);
        Take(1);
    }

    [Fact]
    public void Second_delivery_joins_what_still_renders_on_a_worker_that_takes_no_more()
    {
        var (waits, renders) = (Take(1), Take(2));
        renders.Phase = RunPhase.Rendering;
        _ = _runs.DrainAsync();
        Assert.Equal([Delivery.Refused, Delivery.Joined], [_runs.Take(New(1)), _runs.Take(New(2))]);
        Assert.Equal(StopCause.Shutdown, waits.Cause);
    }

    [Fact]
    public void Run_that_was_asked_to_stop_is_not_joined_and_its_end_leaves_the_one_after_it_alone()
    {
        var stopped = Take(1);
        stopped.Stop(StopCause.Canceled);
        var next = Take(1);
        _runs.Remove(stopped);
        Assert.Equal(Delivery.Joined, _runs.Take(New(1)));
        Assert.Equal([next], _runs.Snapshot());
    }

    private HeldRun Take(int number)
    {
        var run = New(number);
        Assert.Equal(Delivery.Taken, _runs.Take(run));
        return run;
    }

    private static HeldRun New(int number) => new(WorkerBench.Command("a circle", number), RunId.New(TimeProvider.System), "main");
}
