using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using Xunit;

namespace RenderFarm.Tests.Worker;

public sealed class LeavingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_hands_back_all_that_is_held_and_then_says_goodbye()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("hold"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        bench.Runner.Take(WorkerBench.Command("hold", number: 2), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();

        var stopped = bench.Service.StopAsync(Cancellation);

        var returned = new[] { await bench.NextReportAsync<AttemptReturned>(), await bench.NextReportAsync<AttemptReturned>() };
        Assert.Equal([1, 2], returned.Select(report => report.Attempt.Number).Order());
        await stopped.WaitAsync(Cancellation);
        await bench.NextReportAsync<WorkerLeft>();
    }

    [Fact]
    public async Task Stop_while_the_bus_is_away_ends_with_its_grace()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("hold"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        bench.BusError = new InvalidOperationException("The bus is away.");

        var stopped = bench.Service.StopAsync(Cancellation);
        Assert.False(stopped.IsCompleted);
        bench.Clock.Advance(TimeSpan.FromSeconds(10));

        await stopped.WaitAsync(Cancellation);
        Assert.Single(bench.Runs.Entries());
    }

    [Fact]
    public async Task Stop_at_a_bus_that_neither_takes_nor_refuses_ends_with_its_grace()
    {
        await using var bench = new WorkerBench { IsBusDeaf = true };

        var stopped = bench.Service.StopAsync(Cancellation);
        bench.Clock.Advance(TimeSpan.FromSeconds(10));

        await stopped.WaitAsync(Cancellation);
    }

    [Fact]
    public async Task Stuck_engine_is_asked_to_stop_and_its_run_is_reported_as_stuck()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("hold"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        await bench.Watchdog.StartAsync(Cancellation);

        await PassAsync(bench, TimeSpan.FromMinutes(11));

        var failure = (await bench.NextReportAsync<AttemptFailed>()).Failure;
        Assert.Equal((FailureCodes.EngineStuck, true), (failure.Code, failure.Retryable));
        Assert.Null(bench.Watchdog.Reason);
        await bench.Watchdog.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Engine_that_does_not_stop_when_asked_is_given_up_and_the_worker_takes_no_more()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("deaf"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        await bench.Watchdog.StartAsync(Cancellation);

        await PassAsync(bench, TimeSpan.FromMinutes(11));
        await PassAsync(bench, TimeSpan.FromSeconds(11));

        Assert.Equal(FailureCodes.EngineStuck, (await bench.NextReportAsync<AttemptFailed>()).Failure.Code);
        Assert.Equal("The engine has made no step for 671 s and does not stop. Start the worker again.", bench.Watchdog.Reason);
        bench.Runner.Take(WorkerBench.Command("a late one", number: 9), RenderFarm.Worker.WorkerIdentity.Device);
        Assert.Equal(9, (await bench.NextReportAsync<AttemptReturned>()).Attempt.Number);
        Assert.False(bench.Pipeline.IsDisposed);
        while (bench.Runs.Entries().Count > 0) await Task.Yield();
        await bench.Heartbeats.StartAsync(Cancellation);
        await bench.NextReportAsync<WorkerLeft>();
        await bench.Heartbeats.StopAsync(Cancellation);
        await bench.Watchdog.StopAsync(Cancellation);
    }

    private static async Task PassAsync(WorkerBench bench, TimeSpan time)
    {
        bench.Clock.Advance(time);
        var pass = bench.Watchdog.NextPass();
        bench.Watchdog.Wake();
        await pass.WaitAsync(Cancellation);
        pass = bench.Watchdog.NextPass();
        bench.Watchdog.Wake();
        await pass.WaitAsync(Cancellation);
    }
}
