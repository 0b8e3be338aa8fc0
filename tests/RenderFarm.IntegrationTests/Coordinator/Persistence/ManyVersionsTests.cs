using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Persistence.Postgres;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence;

/// <summary>A job whose row has had thousands of versions that a stranger's snapshot keeps from being cleaned away.</summary>
public sealed partial class ManyVersionsTests : SharedRecordTest
{
    private const int Versions = 10_000;

    // What an index's height, a page of versions and the leap past the last job come to; the versions fill more than a hundred pages.
    private const int FewPages = 12;

    [Fact]
    public async Task Jobs_that_have_begun_are_read_without_walking_over_their_versions()
    {
        await AddBegunAsync();
        await using var snapshot = await HoldAsync();

        Assert.InRange(await PagesAsync(JobStatements.Begun), 1, FewPages);
    }

    [Fact]
    public async Task Newest_version_of_a_job_is_found_without_walking_over_the_others()
    {
        var job = await AddBegunAsync();
        await using var snapshot = await HoldAsync();

        Assert.InRange(await PagesAsync(JobStatements.Newest("ctid", $"'{job.Id}'")), 1, FewPages);
    }

    [Fact]
    public async Task Job_of_many_versions_is_claimed_and_counted_as_any_other()
    {
        var job = await AddBegunAsync();
        await using var snapshot = await HoldAsync();
        var backlog = new Backlog(Record, Database, TimeProvider.System);

        Assert.Equal(job.Id, Assert.Single(await backlog.JobsAsync(Cancellation)).Id);
        Assert.Equal([1, 2], (await ClaimAsync(job, 1, 2)).Select(task => task.Index));
        await Record.WriteAsync(
            async db =>
            {
                Assert.Single(await Record.FindJobsAsync(db, [job.Id], Cancellation)).PausedAt = Noon;
                return 0;
            },
            Cancellation);

        var row = await JobAsync(job);
        Assert.Equal((1, 3, Noon), (row.TasksQueued, row.TasksDispatched, row.PausedAt));
    }

    [Fact]
    public async Task Job_that_was_claimed_whole_has_begun_but_waits_for_nothing()
    {
        var job = await AddAsync(new CostStretch(0, 2, 1));
        var backlog = new Backlog(Record, Database, TimeProvider.System);

        await ClaimAsync(job, 0);
        Assert.Single(await backlog.JobsAsync(Cancellation));
        await ClaimAsync(job, 1);

        Assert.Empty(await backlog.JobsAsync(Cancellation));
    }

    private async Task<RenderJob> AddBegunAsync()
    {
        var job = await AddAsync(new CostStretch(0, 4, 1));
        await ClaimAsync(job, 0);
        return job;
    }

    private async Task<NpgsqlConnection> HoldAsync()
    {
        var snapshot = await Postgres.Source.OpenConnectionAsync(Cancellation);
        await ExecuteAsync(snapshot, "SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM jobs");
        await using var writer = await Postgres.Source.OpenConnectionAsync(Cancellation);
        await ExecuteAsync(writer, string.Create(CultureInfo.InvariantCulture, $"DO $$ BEGIN FOR i IN 1..{Versions} LOOP UPDATE jobs SET cost_ended = cost_ended; COMMIT; END LOOP; END $$"));
        // What the tables have become decides the plan, and not what they were.
        await ExecuteAsync(writer, "VACUUM ANALYZE jobs");
        return snapshot;
    }

    private async Task<int> PagesAsync(string statement)
    {
        await using var connection = await Postgres.Source.OpenConnectionAsync(Cancellation);
        var plan = await LinesAsync(connection, $"EXPLAIN (ANALYZE, BUFFERS) {statement}");
        // The first line of the whole plan counts those of all its parts.
        var pages = Pages().Match(plan.First(line => line.Contains("Buffers:", StringComparison.Ordinal)));
        return pages.Groups.Values.Skip(1).Where(group => group.Success).Sum(group => int.Parse(group.Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"shared(?: hit=(\d+))?(?: read=(\d+))?")]
    private static partial Regex Pages();
}
