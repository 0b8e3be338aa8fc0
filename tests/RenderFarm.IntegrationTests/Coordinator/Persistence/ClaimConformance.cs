using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

/// <summary>What a claim leaves out because the job has changed since a round of dispatch read it, on every database of the record.</summary>
public abstract class ClaimConformance : RecordTest
{
    [Fact]
    public async Task Job_that_a_late_image_has_pinned_since_it_was_read_gives_nothing_to_another_profile()
    {
        var (job, other) = (await AddAsync(new CostStretch(0, 3, 1)), await AddAsync(new CostStretch(0, 1, 1)));
        await ClaimAsync([On("p1", job, 0)]);
        await ChangeAsync(job, 0, (row, task) => task.HandBack(row));
        await CompleteAsync(job, 0, "p1");

        var claimed = await ClaimAsync([On("p2", job, 1, 2), On("p2", other, 0)]);

        Assert.Equal([other.Id], claimed.Select(task => task.Job.Id));
        Assert.Equal(["completed", "queued", "queued"], (await TasksAsync(job)).Select(task => task.Status));
        Assert.Equal(("p1", 2, 0, 1), await BookedAsync(job));
        Assert.Equal([1], (await ClaimAsync([On("p1", job, 1)])).Select(task => task.Index));
        Assert.Equal(("p1", 1, 1, 1), await BookedAsync(job));
    }

    [Fact]
    public async Task Late_image_pins_a_job_that_went_on_elsewhere_and_came_back()
    {
        var job = await AddAsync(new CostStretch(0, 2, 1));
        await ClaimAsync([On("p1", job, 0)]);
        await ChangeAsync(job, 0, (row, task) => task.HandBack(row));
        await ClaimAsync([On("p2", job, 0)]);
        Assert.Equal(("p2", 1, 1, 0), await BookedAsync(job));
        await ChangeAsync(job, 0, (row, task) => task.HandBack(row));

        await CompleteAsync(job, 0, "p1");

        Assert.Equal(("p1", 1, 0, 1), await BookedAsync(job));
        var waiting = await new Backlog(Record, Database, TimeProvider.System).JobsAsync(Cancellation);
        Assert.Equal("p1", Assert.Single(waiting).Needs.Profile);
        Assert.Empty(await ClaimAsync([On("p2", job, 1)]));
    }

    [Fact]
    public async Task Job_without_an_image_or_a_run_is_free_for_another_profile()
    {
        var job = await AddAsync(new CostStretch(0, 2, 1));
        await ClaimAsync([On("p1", job, 0)]);
        Assert.Empty(await ClaimAsync([On("p2", job, 1)]));
        await ChangeAsync(job, 0, (row, task) => task.HandBack(row));

        Assert.Equal([0, 1], (await ClaimAsync([On("p2", job, 0, 1)])).Select(task => task.Index));
        Assert.Equal(("p2", 0, 2, 0), await BookedAsync(job));
    }

    [Fact]
    public async Task Job_that_was_paused_since_it_was_read_gives_nothing_until_it_is_resumed()
    {
        var (job, other) = (await AddAsync(new CostStretch(0, 2, 1)), await AddAsync(new CostStretch(0, 1, 1)));
        await ChangeAsync(job, 0, (row, _) => row.PausedAt = Noon);

        Assert.Equal([other.Id], (await ClaimAsync([On("p1", job, 0, 1), On("p1", other, 0)])).Select(task => task.Job.Id));
        Assert.Equal((null, 2, 0, 0), await BookedAsync(job));
        Assert.Equal("queued", (await JobAsync(job)).Status);

        await ChangeAsync(job, 0, (row, _) => row.PausedAt = null);
        Assert.Equal([0, 1], (await ClaimAsync([On("p1", job, 0, 1)])).Select(task => task.Index));
    }

    [Fact]
    public async Task Farm_that_was_paused_since_its_jobs_were_read_gives_nothing_until_it_is_resumed()
    {
        var job = await AddAsync(new CostStretch(0, 2, 1));
        await Record.WriteAsync(db => Task.FromResult(db.State.Add(new FarmState { PausedAt = Noon })), Cancellation);

        Assert.Empty(await ClaimAsync(job, 0, 1));
        Assert.Equal((null, 2, 0, 0), await BookedAsync(job));

        await Record.WriteAsync(async db => (await db.State.SingleAsync(Cancellation)).PausedAt = null, Cancellation);
        Assert.Equal([0, 1], (await ClaimAsync(job, 0, 1)).Select(task => task.Index));
    }

    private static Allotment On(string profile, RenderJob job, params int[] indices) => Of(job, "alpha", indices) with
    {
        Device = new DeviceLoad { Worker = profile, Device = "cpu", Slots = 4, Profile = profile, Speed = 1, IsMeasured = false, Checkpoints = new HashSet<string>() },
    };

    private Task<int> CompleteAsync(RenderJob job, int index, string profile) => ChangeAsync(
        job, index, (row, task) => task.Complete(row, new RunId(Guid.NewGuid()), "alpha", new StoredImage("k", "s", 1, 1, profile), Noon));

    private async Task<(string? Profile, int Queued, int Dispatched, int Completed)> BookedAsync(RenderJob job)
    {
        var row = await JobAsync(job);
        return (row.Profile, row.TasksQueued, row.TasksDispatched, row.TasksCompleted);
    }
}

public sealed class SqliteClaimTests : ClaimConformance;

public sealed class PostgresClaimTests : ClaimConformance
{
    internal override async Task<IDatabase> OpenAsync() => new PostgresDatabase(await PostgresRecord.NewAsync(), TimeSpan.FromSeconds(30));

    internal override Task<long> LeadAsync() => PostgresRecordTests.LeadAsync((PostgresDatabase)Database, Cancellation);
}
