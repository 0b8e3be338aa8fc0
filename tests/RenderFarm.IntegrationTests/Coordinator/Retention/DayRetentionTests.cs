using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Coordinator.Retention;
using RenderFarm.IntegrationTests.Coordinator.Persistence;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Retention;

/// <summary>Days whose jobs have all lost their images, by whole passes of the loop.</summary>
public sealed class DayRetentionTests : CoordinatorTest
{
    private static readonly DateTimeOffset Day = new(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);
    private static readonly TaskPartition Partition = TaskPartition.Of(Day);

    private const string CutShort =
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE tasks DETACH%'";

    private PostgresDatabase Database => (PostgresDatabase)Host.Services.GetRequiredService<IDatabase>();

    private FarmRecord Record => Host.Services.GetRequiredService<FarmRecord>();

    [Fact]
    public async Task Day_of_many_jobs_goes_by_one_pass_and_no_transaction_deletes_more_than_some_thousand()
    {
        await StartAsync();
        await PassAsync();
        await AddPurgedAsync(5_000);
        var kept = await AddAsync(Day.AddDays(1), 1);
        var counts = new RowCounts(Database.Source);
        await counts.WatchDeletedJobsAsync(Deadline);

        await PassAsync();

        var seen = await counts.ReadAsync(Deadline);
        Assert.Equal((5_000L, 3), (seen.Sum(count => count.Rows), seen.Select(count => count.Transaction).Distinct().Count()));
        Assert.All(seen, count => Assert.InRange(count.Rows, 1, 2_000));
        Assert.Equal([kept], await Record.ReadAsync(db => db.Jobs.IgnoreQueryFilters().Select(job => job.Id).ToListAsync(Deadline), Deadline));
        Assert.Equal(1, await Record.ReadAsync(db => db.Sweeps.CountAsync(Deadline), Deadline));
        Assert.DoesNotContain(Partition, await Database.Partitions.AllAsync(Deadline));
        Assert.Equal(1, await Record.ReadAsync(db => db.Tasks.CountAsync(Deadline), Deadline));
    }

    [Fact]
    public async Task Pass_that_was_cut_between_the_jobs_of_a_day_and_their_tasks_is_finished_by_the_next()
    {
        await StartAsync();
        await PassAsync();
        await AddPurgedAsync(3);
        await using (var other = await Database.Source.OpenConnectionAsync(Deadline))
        {
            // What keeps the partition from being detached, until somebody cuts the waiting short.
            await using var holding = await other.BeginTransactionAsync(Deadline);
            await ExecuteAsync("SET LOCAL idle_in_transaction_session_timeout = 0; LOCK TABLE tasks IN SHARE UPDATE EXCLUSIVE MODE", other);
            var pass = PassAsync();
            while (!pass.IsCompleted) await ExecuteAsync(CutShort);
            await pass;
            Assert.Contains(Partition, await Database.Partitions.AllAsync(Deadline));
        }

        await PassAsync();

        Assert.DoesNotContain(Partition, await Database.Partitions.AllAsync(Deadline));
        Assert.Equal(0, await Record.ReadAsync(db => db.Jobs.IgnoreQueryFilters().CountAsync(Deadline), Deadline));
    }

    [Fact]
    public async Task Jobs_of_a_day_whose_tasks_are_gone_already_are_deleted_without_a_wait_for_the_next_interval()
    {
        await StartAsync();
        await PassAsync();
        await AddPurgedAsync(120);
        await Database.Partitions.DropAsync(Partition, Deadline);

        await PassAsync();

        while (await Record.ReadAsync(db => db.Jobs.IgnoreQueryFilters().CountAsync(Deadline), Deadline) > 0) await Task.Yield();
    }

    [Fact]
    public async Task Partition_that_was_detached_and_not_dropped_goes_with_the_next_pass_unless_its_jobs_are_needed()
    {
        await StartAsync();
        await PassAsync();
        await AddPurgedAsync(2);
        await AddAsync(Day.AddDays(1), 1);
        var needed = TaskPartition.Of(Day.AddDays(1));
        foreach (var partition in new[] { Partition, needed }) await ExecuteAsync($"ALTER TABLE tasks DETACH PARTITION {partition.Table}");

        await PassAsync();

        Assert.Equal((false, true), (await ExistsAsync(Partition), await ExistsAsync(needed)));
    }

    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();

    private Task PassAsync() => Host.PassAsync<JobRetention>(Deadline);

    private async Task AddPurgedAsync(int count)
    {
        await AddAsync(Day, count);
        await ExecuteAsync($"UPDATE jobs SET status = 'completed', tasks_queued = 0, tasks_completed = tasks_total, purged_at = '{Day.AddDays(1):O}'");
    }

    private Task<JobId> AddAsync(DateTimeOffset at, int count) => Record.AddAsync(
        async db =>
        {
            var jobs = Enumerable.Range(0, count).Select(_ => AJob.Submitted(at, 1)).ToList();
            db.Jobs.AddRange(jobs);
            db.Sweeps.AddRange(jobs.Select(job => new JobSweep { Job = job.Id, Sweep = "{}", Length = 2 }));
            await db.SaveChangesAsync(Deadline);
            await Database.InsertTasksAsync(db, jobs[0].Id, [new(0, 1, 1)], Deadline);
            return jobs[^1].Id;
        },
        Deadline);

    private Task<bool> ExistsAsync(TaskPartition partition) => Record.ReadAsync(
        db => db.Database.SqlQuery<bool>($"SELECT to_regclass({partition.Table}) IS NOT NULL AS \"Value\"").SingleAsync(Deadline), Deadline);

    private async Task ExecuteAsync(string statement, NpgsqlConnection? on = null)
    {
        await using var connection = on is null ? await Database.Source.OpenConnectionAsync(Deadline) : null;
        await using var command = new NpgsqlCommand(statement, on ?? connection);
        await command.ExecuteNonQueryAsync(Deadline);
    }
}
