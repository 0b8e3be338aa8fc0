using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Persistence;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence.Upgrades;

/// <summary>
/// A rolling upgrade: the coordinator of a later version adds columns to every table while one of this version is in use, whose connections have its statements prepared.
/// PostgreSQL refuses a prepared statement whose result has other columns than it had.
/// </summary>
public sealed class LaterColumnsTests : SharedRecordTest
{
    private static readonly string[] Tables = ["jobs", "job_sweeps", "tasks", "attempt_failures", "workers", "devices", "device_capabilities", "checkpoints", "farm_state"];

    [Fact]
    public async Task Coordinator_in_use_reads_and_writes_on_when_a_later_version_adds_columns()
    {
        var job = await AddAsync(new CostStretch(0, 40, 1));
        var backlog = new Backlog(Record, Database, new FakeTimeProvider(Noon));
        for (var index = 0; index < 10; index++) await EverythingAsync(job, index, backlog);

        await using (var later = Postgres.Source.CreateCommand(string.Join(';', Tables.Select(table => $"ALTER TABLE {table} ADD COLUMN of_later integer"))))
            await later.ExecuteNonQueryAsync(Cancellation);

        for (var index = 10; index < 20; index++) await EverythingAsync(job, index, backlog);
        Assert.Equal(20, (await TasksAsync(job)).Count(task => task.Worker is not null));
    }

    // What a coordinator says to the record again and again.
    private async Task EverythingAsync(RenderJob job, int index, Backlog backlog)
    {
        Assert.NotEmpty(await backlog.JobsAsync(Cancellation));
        Assert.Empty(await backlog.SuspectsAsync(Cancellation));
        Assert.Single(await ClaimAsync(job, index));
        Assert.Single(await PeekAsync(job));
        await Record.WriteAsync(
            async db =>
            {
                var rows = await Record.FindJobsAsync(db, [job.Id], Cancellation);
                var tasks = await Record.FindTasksAsync(db, [(job.Id, index)], Cancellation);
                Assert.Equal((1, 1), (rows.Count, tasks.Count));
                tasks[0].MissedHeartbeats++;
                return 0;
            },
            Cancellation);
        await Record.ReadAsync(async db => (await Fleet.LoadAsync(db, Noon, Cancellation), await db.Workers.ToListAsync(Cancellation), await db.Checkpoints.ToListAsync(Cancellation)), Cancellation);
        Assert.Single(await Record.ReadAsync(db => db.Jobs.Where(row => row.Id == job.Id).ToListAsync(Cancellation), Cancellation));
    }

    private Task<List<PeekedTask>> PeekAsync(RenderJob job) => Database.PeekAsync(new Peek(job.Id, -1, -1, 1, Noon), Cancellation);
}
