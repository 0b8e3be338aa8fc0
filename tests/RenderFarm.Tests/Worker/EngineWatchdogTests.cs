using RenderFarm.Contracts.Attempts;
using RenderFarm.Worker;
using Xunit;

namespace RenderFarm.Tests.Worker;

/// <summary>Calls of the inference library that do not return before an image has made its first step, or after its last.</summary>
public sealed class EngineWatchdogTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Load_that_does_not_end_fails_what_waits_for_it_and_ends_the_worker()
    {
        using var gate = new ManualResetEventSlim();
        await using var bench = new WorkerBench { LoadGate = gate };
        bench.Runner.Take(WorkerBench.Command("a circle"), WorkerIdentity.Device);
        await bench.Loading.Task.WaitAsync(Cancellation);
        await bench.Watchdog.StartAsync(Cancellation);

        await bench.WatchAsync(TimeSpan.FromMinutes(10));
        Assert.False(bench.HasMore);

        await bench.WatchAsync(TimeSpan.FromSeconds(1));
        var failure = (await bench.NextReportAsync<AttemptFailed>()).Failure;
        Assert.Equal((FailureCodes.EngineStuck, true), (failure.Code, failure.Retryable));
        Assert.Null(bench.Retirement.Reason);

        await bench.WatchAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(
            $"Device main has been loading the checkpoint {WorkerBench.Digest} for 611 s and does not stop; the worker takes no more and ends, to be started again.",
            bench.Retirement.Reason);
        while (bench.End.Reason is null) await Task.Yield();
        bench.Runner.Take(WorkerBench.Command("a late one", number: 9), WorkerIdentity.Device);
        Assert.Equal(9, (await bench.NextReportAsync<AttemptReturned>()).Attempt.Number);
        await bench.Watchdog.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Load_that_ends_within_the_grace_keeps_the_worker()
    {
        using var gate = new ManualResetEventSlim();
        await using var bench = new WorkerBench { LoadGate = gate };
        bench.Runner.Take(WorkerBench.Command("a circle"), WorkerIdentity.Device);
        await bench.Loading.Task.WaitAsync(Cancellation);
        await bench.Watchdog.StartAsync(Cancellation);
        await bench.WatchAsync(TimeSpan.FromMinutes(11));
        await bench.NextReportAsync<AttemptFailed>();

        gate.Set();
        while (bench.Pipelines.Calls().Count > 0) await Task.Yield();
        await bench.WatchAsync(TimeSpan.FromSeconds(11));

        Assert.Null(bench.Retirement.Reason);
        bench.Runner.Take(WorkerBench.Command("a circle", number: 2), WorkerIdentity.Device);
        await bench.SeeAsync<AttemptSucceeded>();
        await bench.Watchdog.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Load_that_does_not_end_leaves_alone_what_runs_on_another_device()
    {
        using var gate = new ManualResetEventSlim();
        await using var bench = new WorkerBench(hasSecondDevice: true) { LoadGate = gate };
        bench.Runner.Take(WorkerBench.Command("a circle"), WorkerIdentity.Device);
        await bench.Loading.Task.WaitAsync(Cancellation);
        await bench.Watchdog.StartAsync(Cancellation);
        await bench.WatchAsync(TimeSpan.FromMinutes(11));
        await bench.SeeAsync<AttemptFailed>();
        bench.Runner.Take(WorkerBench.Command("hold", number: 2), WorkerBench.SecondDevice);
        await bench.SecondPipeline.Started("hold").WaitAsync(Cancellation);

        await bench.WatchAsync(TimeSpan.FromSeconds(10));

        Assert.NotNull(bench.Retirement.Reason);
        Assert.Null(bench.End.Reason);
        bench.SecondPipeline.Release();
        Assert.Equal(2, (await bench.SeeAsync<AttemptSucceeded>()).Attempt.Number);
        while (bench.End.Reason is null) await Task.Yield();
        await bench.Watchdog.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Text_encoder_that_does_not_return_fails_what_has_made_no_step_yet()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("queue"), WorkerIdentity.Device);
        while (bench.Pipelines.Resident().Count == 0) await Task.Yield();
        await bench.Watchdog.StartAsync(Cancellation);
        bench.Pipeline.LongestCall = TimeSpan.FromMinutes(10);
        await bench.WatchAsync(TimeSpan.FromSeconds(10));
        await bench.WatchAsync(TimeSpan.FromSeconds(10));
        Assert.Null(bench.Retirement.Reason);

        bench.Pipeline.LongestCall = TimeSpan.FromMinutes(11);
        await bench.WatchAsync(TimeSpan.Zero);
        await bench.WatchAsync(TimeSpan.FromSeconds(10));

        Assert.StartsWith($"Device main has been in a call of the checkpoint {WorkerBench.Digest} for 660 s", bench.Retirement.Reason, StringComparison.Ordinal);
        Assert.Equal(FailureCodes.EngineStuck, (await bench.NextReportAsync<AttemptFailed>()).Failure.Code);
        while (bench.End.Reason is null) await Task.Yield();
        await bench.Watchdog.StopAsync(Cancellation);
    }
}
