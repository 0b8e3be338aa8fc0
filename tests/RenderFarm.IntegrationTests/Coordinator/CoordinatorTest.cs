using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Rescue;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator;

/// <summary>What every test of a whole coordinator needs: a folder, a store, a clock that stands still, and a deadline.</summary>
public abstract class CoordinatorTest : IAsyncLifetime
{
    private readonly CancellationTokenSource _deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly TemporaryFolder _folder = new();
    private CoordinatorHost? _host;
    private string? _record;

    protected MemoryObjectStore Store { get; } = new();

    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    protected CancellationToken Deadline => _deadline.Token;

    protected CoordinatorHost Host => _host!;

    protected string Folder => _folder.Path;

    public ValueTask InitializeAsync()
    {
        _deadline.CancelAfter(TimeSpan.FromSeconds(60));
        return ValueTask.CompletedTask;
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
        _folder.Dispose();
        _deadline.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Where the record of this test is: the folder of a SQLite file, or a connection string.</summary>
    protected virtual Task<string> NewRecordAsync() => Task.FromResult(Folder);

    /// <summary>
    /// Starts a coordinator, in the place of the one before if there is one, and waits until it leads: what it then does by the test's clock does not
    /// depend on how long the machine takes to give it the lead.
    /// </summary>
    protected async Task StartAsync(Action<CoordinatorOptions>? configure = null, params ScriptedWorker[] workers)
    {
        if (_host is not null) await _host.DisposeAsync();
        _host = null;
        _host = await CoordinatorHost.StartAsync(_record ??= await NewRecordAsync(), Store, Clock, configure, workers);
        var leadership = Host.Services.GetRequiredService<ILeadership>();
        var gained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        leadership.Gained += () => gained.TrySetResult();
        if (leadership.Epoch is null) await gained.Task.WaitAsync(Deadline);
    }

    /// <summary>Starts a coordinator with one worker that has announced itself.</summary>
    protected async Task<ScriptedWorker> StartWithWorkerAsync(Action<ScriptedWorker>? shape = null, Action<CoordinatorOptions>? configure = null)
    {
        var worker = new ScriptedWorker("alpha", "cpu", Store);
        shape?.Invoke(worker);
        await StartAsync(configure, worker);
        await AnnounceAsync(worker);
        return worker;
    }

    /// <summary>Announces a worker and waits until the API shows it.</summary>
    protected async Task AnnounceAsync(ScriptedWorker worker)
    {
        await worker.AnnounceAsync();
        await UntilAsync<Page<WorkerView>>(
            "/v1/workers", page => page.Items.Any(shown => shown.Name == worker.Name && shown.Status == "active"));
    }

    /// <summary>Asks the API until it answers as expected.</summary>
    protected async Task<T> UntilAsync<T>(string path, Func<T, bool> expected)
    {
        while (true)
        {
            var value = await Host.GetAsync<T>(path, Deadline);
            if (expected(value)) return value;
            await Task.Yield();
        }
    }

    /// <summary>Lets time pass in steps until the API answers as expected: a loop that was busy at one step sees the next.</summary>
    protected async Task<T> PassTimeUntilAsync<T>(string path, Func<T, bool> expected, TimeSpan step)
    {
        while (true)
        {
            var value = await Host.GetAsync<T>(path, Deadline);
            if (expected(value)) return value;
            await PassAsync(step);
        }
    }

    /// <summary>Lets time pass, and the coordinator look at its leases and hear its own probe meanwhile.</summary>
    protected async Task PassAsync(TimeSpan step)
    {
        var rescuer = Host.Services.GetRequiredService<LeaseRescuer>();
        var leases = Host.Services.GetRequiredService<LeaseClock>();
        Clock.Advance(step);
        var pass = rescuer.NextPass();
        rescuer.Wake();
        await pass.WaitAsync(Deadline);
        while (leases.Underway > 0)
        {
            Deadline.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Lets time pass in steps until something has come.</summary>
    protected async Task<T> PassTimeUntilAsync<T>(Task<T> awaited, TimeSpan step)
    {
        while (!awaited.IsCompleted)
        {
            Clock.Advance(step);
            await Host.Client.GetAsync("/health/live", Deadline);
        }

        return await awaited;
    }

    /// <summary>The tasks of a job.</summary>
    protected async Task<IReadOnlyList<TaskView>> TasksAsync(JobView job) =>
        (await Host.GetAsync<Page<TaskView>>($"/v1/jobs/{job.Id}/tasks?limit=200", Deadline)).Items;
}
