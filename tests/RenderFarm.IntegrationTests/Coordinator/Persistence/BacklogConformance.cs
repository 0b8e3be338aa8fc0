using Microsoft.Extensions.Time.Testing;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

/// <summary>What every database of the record shows of the tasks that wait: in which order, and what is left out.</summary>
public abstract class BacklogConformance : RecordTest
{
    [Fact]
    public async Task Peek_shows_due_tasks_by_index_and_leaves_out_those_that_wait_out_a_failure()
    {
        var job = await AddAsync(new CostStretch(0, 6, 1));
        await ClaimAsync(job, 0, 1, 2);
        await ChangeAsync(job, 0, (row, task) => task.TryAgain(row, Noon.AddSeconds(10)));
        await ChangeAsync(job, 1, (row, task) => task.TryAgain(row, null));

        Assert.Equal([1, 3, 4], (await PeekAsync(job, -1, -1, 3)).Select(task => task.Index));
        Assert.Equal("alpha", (await PeekAsync(job, -1, -1, 3))[0].AvoidWorker);
        Assert.Equal([0, 1, 3, 4, 5], (await PeekAsync(job, -1, -1, 9, Noon.AddSeconds(10))).Select(task => task.Index));
        Assert.Equal([5], (await PeekAsync(job, 4, -1, 9)).Select(task => task.Index));
    }

    [Fact]
    public async Task Backlog_finds_what_came_back_before_the_place_it_had_reached()
    {
        var job = await AddAsync(new CostStretch(0, 6, 1));
        var backlog = new Backlog(Record, Database, new FakeTimeProvider(Noon));
        Assert.Equal([0, 1, 2], await IndicesAsync());
        await ClaimAsync(job, 0, 1, 2);
        Assert.Equal([3, 4, 5], await IndicesAsync());

        await ChangeAsync(job, 1, (row, task) => task.HandBack(row));
        Assert.Equal([1, 3, 4], await IndicesAsync());
        await ClaimAsync(job, 1, 3, 4, 5);
        Assert.Empty(await IndicesAsync());
        await ChangeAsync(job, 4, (row, task) => task.HandBack(row));

        Assert.Equal([4], await IndicesAsync());

        async Task<IEnumerable<int>> IndicesAsync() => (await backlog.TasksAsync(job.Id, -1, 3, Cancellation)).Select(task => task.Index);
    }

    [Fact]
    public async Task Suspects_wait_apart_from_the_others_the_oldest_first()
    {
        var job = await AddAsync(new CostStretch(0, 4, 1));
        await ClaimAsync(job, 0, 1, 2);
        foreach (var (index, second) in new[] { (2, 1), (0, 2) }) await AccuseAsync(job, index, Noon.AddSeconds(second));

        var backlog = new Backlog(Record, Database, new FakeTimeProvider(Noon));
        Assert.Equal([2, 0], (await backlog.SuspectsAsync(Cancellation)).Select(suspect => suspect.Index));
        Assert.Equal("alpha", (await backlog.SuspectsAsync(Cancellation))[0].AvoidWorker);
        Assert.Equal([3], (await backlog.TasksAsync(job.Id, -1, 9, Cancellation)).Select(task => task.Index));

        await ClaimAsync(job, 2);
        Assert.Equal([0], (await backlog.SuspectsAsync(Cancellation)).Select(suspect => suspect.Index));
        var held = (await Record.ReadAsync(db => Fleet.HeldAsync(db, Cancellation), Cancellation)).Single();
        Assert.Equal((2, 1), (held.Count, held.Suspects));
    }

    [Fact]
    public async Task Paused_job_and_paused_farm_are_not_in_the_backlog()
    {
        var job = await AddAsync(new CostStretch(0, 2, 1));
        await ClaimAsync(job, 0);
        await AccuseAsync(job, 0, Noon);
        var backlog = new Backlog(Record, Database, new FakeTimeProvider(Noon));
        Assert.Single(await backlog.JobsAsync(Cancellation));

        await ChangeAsync(job, 0, (row, _) => row.PausedAt = Noon);
        Assert.Empty(await backlog.JobsAsync(Cancellation));
        Assert.Empty(await backlog.SuspectsAsync(Cancellation));

        await ChangeAsync(job, 0, (row, _) => row.PausedAt = null);
        await Record.WriteAsync(db => Task.FromResult(db.State.Add(new FarmState { PausedAt = Noon })), Cancellation);
        Assert.Empty(await backlog.JobsAsync(Cancellation));
    }

    [Fact]
    public async Task Round_looks_at_all_jobs_that_have_begun_and_at_the_first_of_each_tenant_and_need_of_those_that_have_not()
    {
        // All of one tenant need the same; the last of them has begun. Each of the two tenants has half of what is looked at.
        const int Half = Backlog.MostQueuedJobs / 2;
        var alike = Enumerable.Range(0, Half + 3).Select(i => AJob.Submitted(Noon.AddMilliseconds(i), 2)).ToList();
        alike[^1].MarkDispatched(Noon);
        var elsewhere = AJob.Submitted(Noon.AddHours(1), 1, tenant: "someone else");
        await SaveAsync(db => db.Jobs.AddRange([.. alike, elsewhere]));
        var backlog = new Backlog(Record, Database, new FakeTimeProvider(Noon));

        Assert.Equal(IdsOf([.. alike.Take(Half), alike[^1], elsewhere]), IdsOf(await backlog.JobsAsync(Cancellation)));
        Assert.True(backlog.LeftOutJobs);

        await SaveAsync(db =>
        {
            foreach (var job in db.Jobs.Where(job => job.Tenant == "default" && job.Status == JobStatuses.Queued).OrderBy(job => job.Id).Take(Half)) job.MarkDispatched(Noon);
        });

        Assert.Equal(IdsOf([.. alike, elsewhere]), IdsOf(await backlog.JobsAsync(Cancellation)));
        Assert.False(backlog.LeftOutJobs);
    }

    private static List<JobId> IdsOf(IEnumerable<RenderJob> jobs) => [.. jobs.Select(job => job.Id)];

    private static List<JobId> IdsOf(IEnumerable<WaitingJob> jobs) => [.. jobs.Select(job => job.Id)];

    private Task<int> SaveAsync(Action<FarmDbContext> change) => Record.WriteAsync(
        db =>
        {
            change(db);
            return Task.FromResult(0);
        },
        Cancellation);

    private Task<int> AccuseAsync(RenderJob job, int index, DateTimeOffset at) => ChangeAsync(job, index, (row, task) =>
    {
        task.Accuse(at);
        task.CountLoss();
        task.HandBack(row);
    });

    private Task<List<PeekedTask>> PeekAsync(RenderJob job, int after, int freshAfter, int count, DateTimeOffset? now = null) =>
        Database.PeekAsync(new Peek(job.Id, after, freshAfter, count, now ?? Noon), Cancellation);
}
