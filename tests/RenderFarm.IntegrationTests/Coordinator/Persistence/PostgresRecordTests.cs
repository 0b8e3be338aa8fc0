using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

public sealed class PostgresRecordTests : RecordConformance
{
    private static readonly TimeSpan Term = TimeSpan.FromMinutes(1);
    private string _connection = "";

    private PostgresDatabase Postgres => (PostgresDatabase)Database;

    [Fact]
    public async Task Coordinators_that_start_at_once_migrate_an_empty_database_once()
    {
        var empty = await PostgresRecord.NewEmptyAsync();
        var databases = Enumerable.Range(0, 4).Select(_ => new PostgresDatabase(empty, TimeSpan.FromSeconds(30))).ToList();

        await Task.WhenAll(databases.Select(database => Task.Run(() => database.MigrateAsync(Cancellation))));

        await using var db = databases[0].CreateDbContext();
        Assert.Equal(db.Database.GetMigrations(), await db.Database.GetAppliedMigrationsAsync(Cancellation));
        foreach (var database in databases) await database.DisposeAsync();
    }

    [Fact]
    public async Task Claim_of_an_epoch_that_does_not_lead_takes_nothing()
    {
        var job = await AddAsync(new CostStretch(0, 3, 1));

        Assert.Empty(await ClaimAsync([Of(job, "alpha", 0, 1, 2)], epoch: 0));
        Assert.Empty(await ClaimAsync([Of(job, "alpha", 0, 1, 2)], epoch: 2));

        Assert.All(await TasksAsync(job), task => Assert.Equal("queued", task.Status));
        Assert.Equal((3, 0, "queued"), ((await JobAsync(job)).TasksQueued, (await JobAsync(job)).TasksDispatched, (await JobAsync(job)).Status));
    }

    [Fact]
    public async Task Epoch_that_expired_claims_nothing_even_when_nobody_took_over()
    {
        var job = await AddAsync(new CostStretch(0, 1, 1));
        await ExecuteAsync("UPDATE leadership SET expires_at = clock_timestamp() - interval '1 ms'");

        Assert.Empty(await ClaimAsync(job, 0));
        await Assert.ThrowsAsync<LeadershipLostException>(() => Record.LeadAsync(1, db => db.Jobs.CountAsync(Cancellation), Cancellation));
    }

    [Fact]
    public async Task Task_that_another_transaction_holds_is_passed_over_and_not_waited_for()
    {
        var job = await AddAsync(new CostStretch(0, 2, 1));
        await using var connection = await Postgres.Source.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using (var hold = new NpgsqlCommand("SELECT 1 FROM tasks WHERE task_index = 0 FOR UPDATE", connection)) await hold.ExecuteNonQueryAsync(Cancellation);

        Assert.Equal([1], (await ClaimAsync(job, 0, 1)).Select(task => task.Index));
    }

    [Fact]
    public async Task Frozen_writer_loses_its_turn_and_the_next_one_goes_on()
    {
        var job = await AddAsync(new CostStretch(0, 1, 1));
        await using var frozen = await Postgres.Source.OpenConnectionAsync(Cancellation);
        await using var transaction = await frozen.BeginTransactionAsync(Cancellation);
        await using (var db = new PostgresDatabase(_connection, Term))
        {
            await using var context = db.CreateDbContext();
            await context.Database.BeginTransactionAsync(Cancellation);
            await db.TakeTurnAsync(context, Cancellation);
            var watch = Stopwatch.StartNew();

            Assert.Single(await ClaimAsync(job, 0));

            Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8));
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => context.Database.ExecuteSqlRawAsync("SELECT 1", Cancellation));
        }
    }

    [Fact]
    public async Task Partition_of_a_day_is_made_when_its_first_job_comes_and_dropped_without_a_trace()
    {
        await AddAsync(new CostStretch(0, 3, 1));
        var partition = new TaskPartition(new DateOnly(2026, 11, 23));
        Assert.Equal([partition], await Postgres.Partitions.AllAsync(Cancellation));

        await Postgres.Partitions.EnsureAheadAsync(new DateTimeOffset(2026, 11, 23, 23, 0, 0, TimeSpan.Zero), 2, Cancellation);
        Assert.Equal([23, 24, 25], (await Postgres.Partitions.AllAsync(Cancellation)).Select(found => found.Day.Day));
        await Postgres.Partitions.DropAsync(partition, Cancellation);

        Assert.Equal([24, 25], (await Postgres.Partitions.AllAsync(Cancellation)).Select(found => found.Day.Day));
        Assert.Equal(0, await Record.ReadAsync(db => db.Tasks.CountAsync(Cancellation), Cancellation));
    }

    [Fact]
    public async Task Partition_is_made_and_dropped_while_another_transaction_reads_tasks()
    {
        await AddAsync(new CostStretch(0, 3, 1));
        await using var reading = await Postgres.Source.OpenConnectionAsync(Cancellation);
        await using (var read = new NpgsqlCommand("SET idle_in_transaction_session_timeout = 0; BEGIN; SELECT count(*) FROM tasks", reading)) await read.ExecuteNonQueryAsync(Cancellation);

        await Postgres.Partitions.EnsureAheadAsync(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero), 0, Cancellation);

        Assert.Equal(2, (await Postgres.Partitions.AllAsync(Cancellation)).Count);
        await using var end = new NpgsqlCommand("COMMIT", reading);
        await end.ExecuteNonQueryAsync(Cancellation);
    }

    [Fact]
    public async Task Look_at_one_jobs_backlog_plans_one_partition_and_its_index()
    {
        var job = await AddAsync(new CostStretch(0, 3, 1));
        await Postgres.Partitions.EnsureAheadAsync(new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.Zero), 5, Cancellation);
        var peek = TaskStatements.Peek.Replace("$1", $"'{job.Id}'", StringComparison.Ordinal).Replace("$2", "-1", StringComparison.Ordinal)
            .Replace("$3", "-1", StringComparison.Ordinal).Replace("$4", "64", StringComparison.Ordinal).Replace("$5", "now()", StringComparison.Ordinal);

        var plan = await PlanAsync("SET enable_seqscan = off; SET enable_sort = off; EXPLAIN " + peek);

        Assert.Contains("tasks_p20261123", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("tasks_p20261124", plan, StringComparison.Ordinal);
        Assert.Contains("Index", plan, StringComparison.Ordinal);
    }

    internal override async Task<IDatabase> OpenAsync()
    {
        _connection = await PostgresRecord.NewAsync();
        return new PostgresDatabase(_connection, TimeSpan.FromSeconds(30));
    }

    internal override Task<long> LeadAsync() => LeadAsync(Postgres, Cancellation);

    internal static async Task<long> LeadAsync(PostgresDatabase database, CancellationToken cancellation)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancellation);
        return (await LeaderRow.TakeAsync(connection, "test", Term, TimeSpan.Zero, takesOffered: false, cancellation)).Epoch!.Value;
    }

    private async Task ExecuteAsync(string statement)
    {
        await using var command = Postgres.Source.CreateCommand(statement);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private async Task<string> PlanAsync(string statement)
    {
        await using var connection = await Postgres.Source.OpenConnectionAsync(Cancellation);
        return string.Join('\n', await SharedRecordTest.LinesAsync(connection, statement));
    }
}
