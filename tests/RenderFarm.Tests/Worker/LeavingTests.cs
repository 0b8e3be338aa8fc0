using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Hosting.ObjectStore;
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
    public async Task No_beat_follows_the_farewell()
    {
        await using var bench = new WorkerBench();
        await bench.Heartbeats.StartAsync(Cancellation);
        await bench.SeeAsync<WorkerHeartbeat>();

        await bench.Service.StopAsync(Cancellation);

        await bench.SeeAsync<WorkerLeft>();
        Assert.True(bench.Heartbeats.ExecuteTask!.IsCompleted);
        Assert.False(bench.HasMore);
    }

    [Fact]
    public async Task Stuck_engine_is_asked_to_stop_and_its_run_is_reported_as_stuck()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("hold"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        await bench.Watchdog.StartAsync(Cancellation);

        await bench.WatchAsync(TimeSpan.FromMinutes(11));

        var failure = (await bench.NextReportAsync<AttemptFailed>()).Failure;
        Assert.Equal((FailureCodes.EngineStuck, true), (failure.Code, failure.Retryable));
        Assert.Null(bench.Retirement.Reason);
        await bench.Watchdog.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Store_that_hangs_is_no_stuck_engine()
    {
        var store = new HangingStore();
        await using var bench = new WorkerBench(store);
        bench.Runner.Take(WorkerBench.Command("a circle"), RenderFarm.Worker.WorkerIdentity.Device);
        await store.Asked.WaitAsync(Cancellation);
        await bench.Watchdog.StartAsync(Cancellation);

        await bench.WatchAsync(TimeSpan.FromMinutes(11));
        await bench.WatchAsync(TimeSpan.FromSeconds(11));

        Assert.Null(bench.Retirement.Reason);
        Assert.Single(bench.Runs.Entries());
        store.GoOn();
        await bench.NextReportAsync<AttemptStarted>();
        await bench.NextReportAsync<AttemptSucceeded>();
        await bench.Watchdog.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Engine_that_does_not_stop_when_asked_is_given_up_and_the_worker_ends_to_be_started_again()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("deaf"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        await bench.Watchdog.StartAsync(Cancellation);

        await bench.WatchAsync(TimeSpan.FromMinutes(11));
        await bench.WatchAsync(TimeSpan.FromSeconds(11));

        Assert.Equal(FailureCodes.EngineStuck, (await bench.NextReportAsync<AttemptFailed>()).Failure.Code);
        Assert.Equal(
            "The engine of device main has made no step for 671 s and does not stop; the worker takes no more and ends, to be started again.", bench.Retirement.Reason);
        bench.Runner.Take(WorkerBench.Command("a late one", number: 9), RenderFarm.Worker.WorkerIdentity.Device);
        Assert.Equal(9, (await bench.NextReportAsync<AttemptReturned>()).Attempt.Number);
        while (bench.End.Reason is null) await Task.Yield();
        Assert.Equal(bench.Retirement.Reason, bench.End.Reason);
        // The call still writes to its memory, and waiting for it would keep the process from ending.
        bench.Devices.Dispose();
        Assert.False(bench.Pipeline.IsDisposed);
        await bench.Watchdog.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Stuck_device_is_offered_no_more_and_costs_neither_what_waits_nor_what_runs_beside_it()
    {
        await using var bench = new WorkerBench(hasSecondDevice: true);
        bench.Runner.Take(WorkerBench.Command("deaf"), RenderFarm.Worker.WorkerIdentity.Device);
        bench.Runner.Take(WorkerBench.Command("queue", number: 2), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        await bench.Watchdog.StartAsync(Cancellation);
        await bench.Heartbeats.StartAsync(Cancellation);
        Assert.Equal(2, (await bench.SeeAsync<WorkerAnnounced>()).Capabilities.Devices.Count);
        await bench.WatchAsync(TimeSpan.FromMinutes(11));
        bench.Runner.Take(WorkerBench.Command("hold", number: 3), WorkerBench.SecondDevice);
        await bench.SecondPipeline.Started("hold").WaitAsync(Cancellation);

        await bench.WatchAsync(TimeSpan.FromSeconds(11));

        AttemptFailed? failed = null;
        AttemptReturned? returned = null;
        WorkerAnnounced? announced = null;
        while (failed is null || returned is null || announced is null)
        {
            var said = await bench.SeeAsync<object>();
            failed ??= said as AttemptFailed;
            returned ??= said as AttemptReturned;
            announced ??= said is WorkerAnnounced { Capabilities.Devices: [] } last ? last : null;
        }

        Assert.Equal((1, FailureCodes.EngineStuck, 2), (failed.Attempt.Number, failed.Failure.Code, returned.Attempt.Number));
        Assert.Null(bench.End.Reason);

        bench.SecondPipeline.Release();
        Assert.Equal(3, (await bench.SeeAsync<AttemptSucceeded>()).Attempt.Number);
        while (bench.End.Reason is null) await Task.Yield();
        await bench.Heartbeats.StopAsync(Cancellation);
        await bench.Watchdog.StopAsync(Cancellation);
    }

    /// <summary>A store that neither takes an object nor refuses it, until told to.</summary>
    private sealed class HangingStore : IObjectStore
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        public void GoOn() => _goOn.SetResult();

        public Task PutAsync(ObjectKey key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellation)
        {
            _asked.TrySetResult();
            return _goOn.Task.WaitAsync(cancellation);
        }

        public Task<Stream?> OpenAsync(ObjectKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<long?> SizeAsync(ObjectKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public Task DeleteAsync(ObjectKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public IAsyncEnumerable<ObjectKey> ListAsync(string prefix, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
