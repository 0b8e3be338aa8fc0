using Microsoft.EntityFrameworkCore;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

/// <summary>Which suspects a round of dispatch gets to see, on every database of the record.</summary>
public abstract class SuspectConformance : RecordTest
{
    private const int Many = 256;

    [Fact]
    public async Task Suspects_that_no_device_can_take_hide_no_younger_one_of_another_job()
    {
        // The profile p1 has died under its job, and does not come back.
        var pinned = await AddAsync(new CostStretch(0, Many + 1, 1));
        await ClaimAsync([Of(pinned, "gone", [.. Enumerable.Range(0, Many + 1)])]);
        await ChangeAsync(pinned, 0, (row, task) => task.Complete(row, new RunId(Guid.NewGuid()), "gone", new StoredImage("k", "s", 1, 1, "p1"), Noon));
        await AccuseAllAsync(pinned, Noon);
        var young = await AddAsync(new CostStretch(0, 1, 1));
        await ClaimAsync([Of(young, "gone", 0)]);
        await AccuseAllAsync(young, Noon.AddHours(1));

        var backlog = new Backlog(Record, Database, TimeProvider.System);
        var (jobs, suspects) = (await backlog.JobsAsync(Cancellation), await backlog.SuspectsAsync(Cancellation));
        var allotments = await new DispatchRound(_ => true).AllotAsync(
            jobs, suspects, [Device("p2")], (job, after, count) => backlog.TasksAsync(job, after, count, Cancellation));

        Assert.Equal([(young.Id, 0)], (await ClaimAsync(allotments)).Select(task => (task.Job.Id, task.Index)));
    }

    [Fact]
    public async Task Oldest_suspects_of_a_kind_are_read_and_no_more_of_them_than_a_round_can_use()
    {
        var job = await AddAsync(new CostStretch(0, Many, 1));
        await ClaimAsync([Of(job, "gone", [.. Enumerable.Range(0, Many)])]);
        await AccuseAllAsync(job, Noon);

        var suspects = await new Backlog(Record, Database, TimeProvider.System).SuspectsAsync(Cancellation);

        Assert.Equal(Enumerable.Range(0, 64), suspects.Select(suspect => suspect.Index));
    }

    private static DeviceLoad Device(string profile) => new()
    {
        Worker = "alive",
        Device = "cpu",
        Slots = 4,
        Profile = profile,
        Speed = 1,
        IsMeasured = false,
        Checkpoints = new HashSet<string> { ScriptedWorker.Digest },
    };

    // Each a second after the one before.
    private Task<int> AccuseAllAsync(RenderJob job, DateTimeOffset first) => Record.WriteAsync(
        async db =>
        {
            var row = await db.Jobs.SingleAsync(found => found.Id == job.Id, Cancellation);
            foreach (var task in await db.Tasks.Where(task => task.Job == job.Id && task.LeaseExpiresAt != null).ToListAsync(Cancellation))
            {
                task.Accuse(first.AddSeconds(task.Index));
                task.CountLoss();
                task.HandBack(row);
            }

            return 0;
        },
        Cancellation);
}

public sealed class SqliteSuspectTests : SuspectConformance;

public sealed class PostgresSuspectTests : SuspectConformance
{
    internal override async Task<IDatabase> OpenAsync() => new PostgresDatabase(await PostgresRecord.NewAsync(), TimeSpan.FromSeconds(30));

    internal override Task<long> LeadAsync() => PostgresRecordTests.LeadAsync((PostgresDatabase)Database, Cancellation);
}
