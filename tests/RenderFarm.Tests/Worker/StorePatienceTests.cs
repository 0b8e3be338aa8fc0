using RenderFarm.Contracts.Attempts;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Worker;

/// <summary>An attempt whose object store is away for seconds, for good, or says no.</summary>
public sealed class StorePatienceTests
{
    private readonly AwayStore _store = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Picture_finished_while_the_store_is_away_is_stored_when_it_is_back_and_not_rendered_again()
    {
        _store.Fails = 8;
        await using var bench = new WorkerBench(_store);
        bench.Runner.Take(WorkerBench.Command("a circle"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();

        await PassTimeUntilAsync(bench, bench.NextReportAsync<AttemptSucceeded>(), TimeSpan.FromSeconds(1));

        Assert.Equal(9, _store.Asked);
    }

    [Fact]
    public async Task Store_that_is_away_for_good_fails_the_attempt_when_patience_is_over()
    {
        _store.Fails = int.MaxValue;
        await using var bench = new WorkerBench(_store);
        var begun = bench.Clock.GetUtcNow();
        bench.Runner.Take(WorkerBench.Command("a circle"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();

        var failure = (await PassTimeUntilAsync(bench, bench.NextReportAsync<AttemptFailed>(), TimeSpan.FromSeconds(10))).Failure;

        Assert.Equal((FailureCodes.StoreUnavailable, true), (failure.Code, failure.Retryable));
        Assert.True(bench.Clock.GetUtcNow() - begun >= TimeSpan.FromMinutes(10));
        // Pauses grow to ten seconds: a store that comes back is not met by a crowd.
        Assert.True(_store.Asked <= 70, $"{_store.Asked} tries");
    }

    [Fact]
    public async Task Store_that_says_no_fails_the_attempt_at_once_and_is_not_one_that_is_away()
    {
        (_store.Fails, _store.IsRefusal) = (int.MaxValue, true);
        await using var bench = new WorkerBench(_store);
        bench.Runner.Take(WorkerBench.Command("a circle"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        Assert.Equal(FailureCodes.StoreRefused, (await bench.NextReportAsync<AttemptFailed>()).Failure.Code);
        Assert.Equal(1, _store.Asked);
    }

    [Fact]
    public async Task Shutdown_while_the_store_is_away_hands_the_attempt_back()
    {
        _store.Fails = int.MaxValue;
        await using var bench = new WorkerBench(_store);
        bench.Runner.Take(WorkerBench.Command("a circle"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        await _store.Failed.WaitAsync(Cancellation);

        var closed = bench.Runs.CloseAsync();

        await bench.NextReportAsync<AttemptReturned>();
        await closed.WaitAsync(Cancellation);
    }

    [Fact]
    public async Task Cancel_while_the_store_is_away_ends_the_attempt()
    {
        _store.Fails = int.MaxValue;
        await using var bench = new WorkerBench(_store);
        var command = WorkerBench.Command("a circle");
        bench.Runner.Take(command, RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        await _store.Failed.WaitAsync(Cancellation);
        bench.Runs.Cancel(command.Attempt);
        await bench.NextReportAsync<AttemptCanceled>();
    }

    [Fact]
    public async Task Picture_to_begin_from_is_waited_for_while_the_store_is_away()
    {
        _store.Fails = 8;
        await using var bench = new WorkerBench(_store);
        var command = WorkerBench.Command("a circle");
        bench.Runner.Take(command with { Recipe = command.Recipe with { InitImage = "sha256:" + new string('0', 64) } }, RenderFarm.Worker.WorkerIdentity.Device);

        var failure = (await PassTimeUntilAsync(bench, bench.NextReportAsync<AttemptFailed>(), TimeSpan.FromSeconds(1))).Failure;

        // It is back, and does not hold the picture: another failure than that it is away.
        Assert.Equal((FailureCodes.InputMissing, 9), (failure.Code, _store.Asked));
    }

    // The pause may not have begun when the clock moves, so the clock moves until the worker has seen it.
    private async Task<T> PassTimeUntilAsync<T>(WorkerBench bench, Task<T> report, TimeSpan step)
    {
        while (!report.IsCompleted)
        {
            await _store.Failed.WaitAsync(TimeSpan.FromMilliseconds(20), Cancellation);
            bench.Clock.Advance(step);
        }

        return await report;
    }

    private sealed class AwayStore : IObjectStore
    {
        private readonly MemoryObjectStore _inner = new();

        /// <summary>Calls that fail before the store is back.</summary>
        public int Fails { get; set; }

        public bool IsRefusal { get; set; }

        public int Asked { get; private set; }

        public SemaphoreSlim Failed { get; } = new(0);

        public Task PutAsync(ObjectKey key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellation)
        {
            Ask();
            return _inner.PutAsync(key, content, contentType, cancellation);
        }

        public Task<Stream?> OpenAsync(ObjectKey key, CancellationToken cancellation)
        {
            Ask();
            return _inner.OpenAsync(key, cancellation);
        }

        public Task<long?> SizeAsync(ObjectKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public Task DeleteAsync(ObjectKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public IAsyncEnumerable<ObjectKey> ListAsync(string prefix, CancellationToken cancellation) => throw new NotSupportedException();

        private void Ask()
        {
            if (++Asked > Fails) return;
            Failed.Release();
            throw new ObjectStoreException("Nobody answers.") { IsRefusal = IsRefusal };
        }
    }
}
