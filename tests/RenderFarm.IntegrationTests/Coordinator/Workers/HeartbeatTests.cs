using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Coordinator.Workers.Heartbeats;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Workers;

public class HeartbeatTests : CoordinatorTest
{
    // The default of the options.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(12);

    private HeartbeatWriter Writer => Host.Services.GetRequiredService<HeartbeatWriter>();

    [Fact]
    public async Task Heartbeats_of_several_workers_are_written_together_each_for_the_time_when_it_arrived()
    {
        var (alpha, beta) = await StartTwoAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 8 }, Deadline);
        await Host.UntilAsync(job.Id, view => view.Tasks.Dispatched == 8, Deadline);
        var held = await HeldAsync();
        var noon = Clock.GetUtcNow();
        Clock.Advance(TimeSpan.FromSeconds(5));

        var beats = new[] { Of(alpha, noon.AddSeconds(1), held["alpha"]), Of(beta, noon.AddSeconds(2), held["beta"].Take(1)), Of(alpha, noon.AddSeconds(3), held["alpha"].Take(1)) };
        await Writer.WriteAsync(beats);

        Assert.All(beats, beat => Assert.True(beat.Done.Task.IsCompletedSuccessfully));
        Assert.Equal([noon.AddSeconds(3), noon.AddSeconds(2)], (await WorkersAsync()).Select(worker => worker.LastSeenAt));
        foreach (var task in await TasksAsync())
        {
            var place = held[task.Worker!].ToList().IndexOf(task.AttemptId);
            var since = (task.Worker, place) switch { ("alpha", 0) => 3, ("alpha", _) => 1, (_, 0) => 2, _ => 0 };
            Assert.Equal((noon.AddSeconds(since) + Lease, place == 0 ? 0 : 1), (task.LeaseExpiresAt, task.MissedHeartbeats));
        }
    }

    [Fact]
    public async Task Heartbeat_that_cannot_be_written_fails_alone()
    {
        var (alpha, beta) = await StartTwoAsync();
        var later = Clock.GetUtcNow().AddSeconds(1);
        var broken = new PendingHeartbeat(new WorkerHeartbeat("alpha", alpha.Incarnation, null!), later);
        var whole = Of(beta, later, []);

        await Writer.WriteAsync([broken, whole]);

        await Assert.ThrowsAnyAsync<ArgumentNullException>(() => broken.Done.Task);
        Assert.True(whole.Done.Task.IsCompletedSuccessfully);
        Assert.Equal([later.AddSeconds(-1), later], (await WorkersAsync()).Select(worker => worker.LastSeenAt));
    }

    [Fact]
    public async Task Heartbeat_of_an_unknown_incarnation_is_looked_at_twice_and_changes_nothing()
    {
        var (alpha, _) = await StartTwoAsync();
        var before = (await WorkersAsync())[0].LastSeenAt;
        var stranger = new PendingHeartbeat(new WorkerHeartbeat("alpha", Guid.NewGuid(), []), before.AddSeconds(1));

        await Writer.WriteAsync([stranger]);
        Assert.False(stranger.Done.Task.IsCompleted);
        stranger.IsSecondLook = true;
        await Writer.WriteAsync([stranger, Of(alpha, before, [])]);

        Assert.True(stranger.Done.Task.IsCompletedSuccessfully);
        Assert.Equal(before, (await WorkersAsync())[0].LastSeenAt);
    }

    [Fact]
    public async Task Worker_that_was_lost_is_active_again_by_one_of_several_heartbeats()
    {
        var (alpha, beta) = await StartTwoAsync();
        await Host.Services.GetRequiredService<FarmRecord>().WriteAsync(
            db => db.Workers.Where(worker => worker.Name == "beta").ExecuteUpdateAsync(worker => worker.SetProperty(row => row.Status, WorkerStatuses.Lost), Deadline), Deadline);

        await Writer.WriteAsync([Of(alpha, Clock.GetUtcNow(), []), Of(beta, Clock.GetUtcNow(), [])]);

        Assert.All(await WorkersAsync(), worker => Assert.Equal(WorkerStatuses.Active, worker.Status));
    }

    [Fact]
    public async Task Heartbeat_from_the_hands_of_a_coordinator_that_froze_shortens_no_lease()
    {
        var (alpha, _) = await StartTwoAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 8 }, Deadline);
        await Host.UntilAsync(job.Id, view => view.Tasks.Dispatched == 8, Deadline);
        var held = (await HeldAsync())["alpha"].ToList();
        var noon = Clock.GetUtcNow();
        Clock.Advance(TimeSpan.FromSeconds(9));
        await Writer.WriteAsync([Of(alpha, noon.AddSeconds(9), held)]);
        var late = Of(alpha, noon.AddSeconds(1), []);

        await Writer.WriteAsync([late]);

        Assert.True(late.Done.Task.IsCompletedSuccessfully);
        Assert.Equal(noon.AddSeconds(9), (await WorkersAsync())[0].LastSeenAt);
        Assert.All((await TasksAsync()).Where(task => task.Worker == "alpha"), task => Assert.Equal((noon.AddSeconds(9) + Lease, 0), (task.LeaseExpiresAt, task.MissedHeartbeats)));
    }

    [Fact]
    public async Task Heartbeat_older_than_a_lease_brings_no_lost_worker_back()
    {
        var (alpha, _) = await StartTwoAsync();
        var came = Clock.GetUtcNow().AddSeconds(1);
        await Host.Services.GetRequiredService<FarmRecord>().WriteAsync(
            db => db.Workers.Where(worker => worker.Name == "alpha").ExecuteUpdateAsync(worker => worker.SetProperty(row => row.Status, WorkerStatuses.Lost), Deadline), Deadline);
        Clock.Advance(TimeSpan.FromSeconds(1) + Lease);
        var late = Of(alpha, came, []);

        await Writer.WriteAsync([late]);

        Assert.True(late.Done.Task.IsCompletedSuccessfully);
        Assert.Equal(WorkerStatuses.Lost, (await WorkersAsync())[0].Status);
        await Writer.WriteAsync([Of(alpha, came.AddTicks(10), [])]);
        Assert.Equal(WorkerStatuses.Active, (await WorkersAsync())[0].Status);
    }

    [Fact]
    public async Task Heartbeat_that_came_before_a_lease_began_does_not_end_it_sooner()
    {
        var (alpha, _) = await StartTwoAsync();
        var came = Clock.GetUtcNow();
        Clock.Advance(TimeSpan.FromSeconds(4));
        var job = await Host.SubmitAsync(new { prompt = "x", images = 8 }, Deadline);
        await Host.UntilAsync(job.Id, view => view.Tasks.Dispatched == 8, Deadline);

        await Writer.WriteAsync([Of(alpha, came, (await HeldAsync())["alpha"])]);

        Assert.All(await TasksAsync(), task => Assert.Equal(came.AddSeconds(4) + Lease, task.LeaseExpiresAt));
    }

    [Fact]
    public async Task Announcement_that_tells_nothing_new_writes_nothing_and_one_that_does_is_written()
    {
        var (alpha, _) = await StartTwoAsync();
        var registry = Host.Services.GetRequiredService<WorkerRegistry>();
        var before = Clock.GetUtcNow();
        Clock.Advance(TimeSpan.FromSeconds(5));

        await registry.AnnounceAsync(alpha.Announcement, Deadline);
        Assert.Equal((before, before), await SeenAsync());

        alpha.Slots++;
        await registry.AnnounceAsync(alpha.Announcement, Deadline);
        Assert.Equal((Clock.GetUtcNow(), Clock.GetUtcNow()), await SeenAsync());
        Assert.Equal(alpha.Slots, (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items[0].Devices[0].Slots);

        async Task<(DateTimeOffset Worker, DateTimeOffset Checkpoint)> SeenAsync() => (
            (await WorkersAsync())[0].LastSeenAt,
            await Host.Services.GetRequiredService<FarmRecord>().ReadAsync(db => db.Checkpoints.Select(checkpoint => checkpoint.LastSeenAt).SingleAsync(Deadline), Deadline));
    }

    private async Task<(ScriptedWorker Alpha, ScriptedWorker Beta)> StartTwoAsync()
    {
        var (alpha, beta) = (new ScriptedWorker("alpha", "cpu", Store), new ScriptedWorker("beta", "cpu", Store));
        await StartAsync(options => options.DispatchWindow = TimeSpan.Zero, alpha, beta);
        await AnnounceAsync(alpha);
        await AnnounceAsync(beta);
        return (alpha, beta);
    }

    private static PendingHeartbeat Of(ScriptedWorker worker, DateTimeOffset arrived, IEnumerable<AttemptId> held) =>
        new(new WorkerHeartbeat(worker.Name, worker.Incarnation, [.. held.Select(attempt => new HeldRun(attempt, new RunId(Guid.NewGuid())))]), arrived);

    private async Task<ILookup<string, AttemptId>> HeldAsync() => (await TasksAsync()).ToLookup(task => task.Worker!, task => task.AttemptId);

    private Task<List<RenderTask>> TasksAsync() => Host.Services.GetRequiredService<FarmRecord>().ReadAsync(
        db => db.Tasks.Where(task => task.LeaseExpiresAt != null).OrderBy(task => task.Index).ToListAsync(Deadline), Deadline);

    private Task<List<FarmWorker>> WorkersAsync() => Host.Services.GetRequiredService<FarmRecord>().ReadAsync(
        db => db.Workers.OrderBy(worker => worker.Name).ToListAsync(Deadline), Deadline);
}

public sealed class HeartbeatOnPostgresTests : HeartbeatTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}
