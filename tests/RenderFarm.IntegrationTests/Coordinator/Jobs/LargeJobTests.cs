using System.Linq.Expressions;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Trailing;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.IntegrationTests.Coordinator.Persistence;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Jobs;

/// <summary>Changes of whole jobs that are too large for one transaction beside which others work.</summary>
public sealed class LargeJobTests : CoordinatorTest
{
    private const int Most = 20_000;

    // So many rows take their time on a busy machine; whoever runs the tests may give up.
    private static new CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cancel_of_three_hundred_thousand_tasks_is_written_in_parts_between_which_others_claim()
    {
        await StartWithNobodyAsync();
        var large = await Host.SubmitAsync(new { prompt = "x", images = 300_000 }, Deadline);
        var other = await Host.SubmitAsync(new { prompt = "y", images = 10_000 }, Deadline);
        var counts = await WatchAsync();
        using var ended = new CancellationTokenSource();
        var claims = ClaimAsync(other.Id, ended.Token);

        var followed = Host.Services.GetRequiredService<TrailingTaskWriter>().NextPass();
        using var answer = await Host.Client.PostAsync($"/v1/jobs/{large.Id}/cancel", null, Deadline);

        var canceled = (await answer.Content.ReadFromJsonAsync<JobView>(FarmJson.Options, Deadline))!;
        Assert.Equal(("canceled", new TaskCounts(300_000, 0, 0, 0, 0, 0, 300_000)), (canceled.Status, canceled.Tasks));
        Assert.Equal("canceled", (await Host.GetAsync<TaskView>($"/v1/jobs/{large.Id}/tasks/299999", Deadline)).Status);
        Assert.Empty((await Host.GetAsync<Page<TaskView>>($"/v1/jobs/{large.Id}/tasks?status=queued", Deadline)).Items);
        await followed.WaitAsync(Deadline);
        await UntilFollowedAsync(large.Id);
        await ended.CancelAsync();
        await claims;
        var seen = await counts.ReadAsync(Deadline);
        AssertInParts(seen, large.Id, 300_000);
        var (first, last) = (seen.FindIndex(count => count.Job == large.Id.Value), seen.FindLastIndex(count => count.Job == large.Id.Value));
        Assert.Contains(seen[first..last], count => count.Job == other.Id.Value);
        Assert.Equal(300_000, await CountAsync(large.Id, "canceled"));
    }

    [Fact]
    public async Task Cancel_that_was_cut_between_two_parts_is_finished_by_the_next_leader()
    {
        await StartWithNobodyAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 50_000 }, Deadline);
        await Host.PassAsync<TrailingTaskWriter>(Deadline);
        var record = Host.Services.GetRequiredService<FarmRecord>();
        await record.WriteAsync(
            async db =>
            {
                (await db.Jobs.SingleAsync(row => row.Id == job.Id, Deadline)).Cancel(Clock.GetUtcNow());
                return 0;
            },
            Deadline);
        await record.WriteAsync(db => TrailingTasks.FollowAsync(db, job.Id, 0, Deadline), Deadline);
        Assert.Equal(Most, await CountAsync(job.Id, "canceled"));
        await WatchAsync();

        await StartAsync();
        await UntilFollowedAsync(job.Id);

        AssertInParts(await new RowCounts(Source).ReadAsync(Deadline), job.Id, 30_000);
        Assert.Equal(50_000, await CountAsync(job.Id, "canceled"));
    }

    [Fact]
    public async Task Retry_of_many_failed_tasks_is_written_in_parts_and_counted_at_once()
    {
        await StartWithNobodyAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 50_000 }, Deadline);
        await ExecuteAsync($"UPDATE tasks SET status = 'failed', ended_at = now(), ended_seq = task_index + 1, charged = 3, attempt = 13, refusals = 10 WHERE job_id = '{job.Id}' AND task_index >= 5000");
        await ExecuteAsync($"UPDATE tasks SET status = 'completed', ended_at = now(), ended_seq = task_index + 1 WHERE job_id = '{job.Id}' AND task_index < 5000");
        await ExecuteAsync($"UPDATE jobs SET status = 'failed', tasks_queued = 0, tasks_failed = 45000, tasks_completed = 5000, last_seq = 50001, end_seq = 50001, ended_at = now(), cost_ended = cost WHERE id = '{job.Id}'");
        var counts = await WatchAsync();

        using var answer = await Host.Client.PostAsync($"/v1/jobs/{job.Id}/retry", null, Deadline);

        var retried = (await answer.Content.ReadFromJsonAsync<JobView>(FarmJson.Options, Deadline))!;
        Assert.Equal(("active", new TaskCounts(50_000, 45_000, 0, 0, 5_000, 0, 0)), (retried.Status, retried.Tasks));
        var row = await UntilFollowedAsync(job.Id);
        AssertInParts(await counts.ReadAsync(Deadline), job.Id, 45_000);
        Assert.Equal((45_000, 5_000), (await CountAsync(job.Id, "queued"), await CountAsync(job.Id, "completed")));
        Assert.Equal(row.Cost / 10, row.CostEnded);
        Assert.Equal(0, await CountAsync(task => task.Job == job.Id && (task.Charged > 0 || task.Refusals > 0)));
    }

    private NpgsqlDataSource Source => ((PostgresDatabase)Host.Services.GetRequiredService<IDatabase>()).Source;

    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();

    private static void AssertInParts(List<RowCount> seen, JobId job, int rows)
    {
        var parts = seen.FindAll(count => count.Job == job.Value);
        Assert.All(parts, part => Assert.InRange(part.Rows, 1, Most));
        Assert.Equal((rows, parts.Count), (parts.Sum(part => part.Rows), parts.Select(part => part.Transaction).Distinct().Count()));
    }

    // A job is accepted only for a checkpoint that some worker has announced; this one then leaves, so that only the test claims.
    private async Task StartWithNobodyAsync()
    {
        var worker = new ScriptedWorker("alpha", "cpu", Store);
        await StartAsync(null, worker);
        await AnnounceAsync(worker);
        await worker.LeaveAsync();
        await UntilAsync<Page<WorkerView>>("/v1/workers", page => page.Items.All(shown => shown.Status == "left"));
    }

    // Claims one task after another, as fast as the turns to write come.
    private async Task ClaimAsync(JobId job, CancellationToken ended)
    {
        var (database, epoch) = (Host.Services.GetRequiredService<IDatabase>(), Host.Services.GetRequiredService<ILeadership>());
        var row = await Host.Services.GetRequiredService<FarmRecord>().ReadAsync(db => db.Jobs.SingleAsync(found => found.Id == job, Deadline), Deadline);
        for (var index = 0; index < row.TasksTotal && !ended.IsCancellationRequested; index++)
        {
            if (epoch.Epoch is { } leading)
                Assert.Single(await database.ClaimAsync(new Claim([RecordConformance.Of(row, "tester", index)], leading, Clock.GetUtcNow(), Clock.GetUtcNow()), Deadline));
        }
    }

    private async Task<RowCounts> WatchAsync()
    {
        var counts = new RowCounts(Source);
        await counts.WatchTasksAsync(Deadline);
        return counts;
    }

    private async Task<RenderJob> UntilFollowedAsync(JobId job)
    {
        while (true)
        {
            var row = await Host.Services.GetRequiredService<FarmRecord>().ReadAsync(db => db.Jobs.SingleAsync(found => found.Id == job, Deadline), Deadline);
            if (!row.HasTrailing) return row;
        }
    }

    private Task<int> CountAsync(JobId job, string status) => CountAsync(task => task.Job == job && task.Status == status);

    private Task<int> CountAsync(Expression<Func<RenderTask, bool>> which) =>
        Host.Services.GetRequiredService<FarmRecord>().ReadAsync(db => db.Tasks.CountAsync(which, Deadline), Deadline);

    private async Task ExecuteAsync(string statement)
    {
        await using var command = Source.CreateCommand(statement);
        await command.ExecuteNonQueryAsync(Deadline);
    }
}
