using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Trailing;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Jobs;

/// <summary>Jobs whose coordinator died after the first commit of a cancel or a retry: the rows of their tasks trail until the next pass.</summary>
public class TrailingTaskTests : CoordinatorTest
{
    private static readonly AttemptFailure Transient = new(FailureCodes.EngineFailed, true, "No device.");

    [Fact]
    public async Task Canceled_job_and_its_tasks_look_the_same_before_and_after_their_rows_have_followed()
    {
        var (worker, job, former) = await StartWithReturnedTaskAsync();
        await CutAsync(job.Id, row => row.Cancel(Clock.GetUtcNow()));
        // The answer begins with its first event.
        var opening = EventReader.OpenAsync(Host.Client, job.Id, "0", Deadline);

        var before = await ShownAsync(job);
        Assert.Equal(("canceled", new TaskCounts(5, 0, 0, 0, 0, 0, 5)), (before.Job.Status, before.Job.Tasks));
        Assert.All(before.Tasks, task => Assert.Equal(("canceled", before.Job.EndedAt), (task.Status, task.EndedAt)));
        Assert.Equal((0, 5), (await CountAsync(job, "queued"), await CountAsync(job, "canceled")));
        Assert.Equal(HttpStatusCode.Conflict, await ImageStatusAsync(job, 4));
        Assert.Equal(["queued", "canceled", "queued", "queued", "queued"], (await RowsAsync(job)).Select(row => row.Status));
        await Host.PassAsync<TrailingTaskWriter>(Deadline);

        Assert.Equivalent(before, await ShownAsync(job));
        var rows = await RowsAsync(job);
        Assert.All(rows, row => Assert.Equal(("canceled", before.Job.EndedAt, null), (row.Status, row.EndedAt, row.LeaseExpiresAt)));
        using var events = await opening;
        var told = await events.RestAsync(Deadline);
        Assert.Equal([.. rows.Select(row => $"{row.EndedSeq}"), "6"], told.Select(one => one.Id));
        Assert.Equal([0, 1, 2, 3, 4], told.SkipLast(1).Select(one => one.Read<TaskEndedEvent>().Task.Index));
        Assert.False((await RowAsync(job)).HasTrailing);
    }

    [Fact]
    public async Task Late_success_is_refused_by_a_task_whose_row_trails_a_cancel()
    {
        var (worker, job, former) = await StartWithReturnedTaskAsync();
        await CutAsync(job.Id, row => row.Cancel(Clock.GetUtcNow()));

        await worker.SucceedAsync(former);
        await worker.ReturnAsync(former, new RunId(Guid.NewGuid()));
        while ((await RowsAsync(job))[0].Status == "queued") await Task.Yield();

        Assert.Equal(("canceled", 1L), ((await RowsAsync(job))[0].Status, (await RowsAsync(job))[0].EndedSeq));
        await Host.PassAsync<TrailingTaskWriter>(Deadline);
        Assert.Equal(new TaskCounts(5, 0, 0, 0, 0, 0, 5), (await ShownAsync(job)).Job.Tasks);
        Assert.Equal(0, Store.Checks);
    }

    [Fact]
    public async Task Retried_job_shows_its_tasks_as_queued_before_their_rows_have_followed_and_renders_them_after()
    {
        var (worker, job) = await StartWithFailedJobAsync();
        await CutAsync(job.Id, row => row.Retry(row.Cost));

        var (view, tasks) = await ShownAsync(job);
        Assert.Equal(("active", null, new TaskCounts(3, 3, 0, 0, 0, 0, 0)), (view.Status, view.EndedAt, view.Tasks));
        Assert.All(tasks, task => Assert.Equal(("queued", 0, null, null), (task.Status, task.Attempts, task.Failure, task.EndedAt)));
        Assert.Equal((3, 0), (await CountAsync(job, "queued"), await CountAsync(job, "failed")));
        Assert.Equal(["failed", "failed", "failed"], (await RowsAsync(job)).Select(row => row.Status));
        worker.Script = ScriptedWorker.Succeed;
        // The answer begins with its first event.
        var opening = EventReader.OpenAsync(Host.Client, job.Id, "0", Deadline);
        await Host.PassAsync<TrailingTaskWriter>(Deadline);

        await Host.UntilAsync(job.Id, shown => shown.Status == "completed", Deadline);
        using var events = await opening;
        Assert.Equal(["task.completed", "task.completed", "task.completed", "job.completed"], (await events.RestAsync(Deadline)).Select(one => one.Name));
        var row = await RowAsync(job);
        Assert.Equal((row.Cost, false), (row.CostEnded, row.HasTrailing));
    }

    [Fact]
    public async Task Retry_beside_rows_that_trail_another_takes_what_failed_since_and_nothing_twice()
    {
        var (worker, job) = await StartWithFailedJobAsync();
        await CutAsync(job.Id, row => row.Retry(row.Cost));
        await Host.Services.GetRequiredService<FarmRecord>().WriteAsync(
            async db =>
            {
                var row = await db.Jobs.SingleAsync(found => found.Id == job.Id, Deadline);
                var task = await db.Tasks.SingleAsync(found => found.Job == job.Id && found.Index == 1, Deadline);
                task.CatchUp(row);
                task.Claim(row, "alpha", "cpu", Clock.GetUtcNow());
                task.GiveUp(row, FailureCodes.BadRecipe, "No.", Clock.GetUtcNow());
                return 0;
            },
            Deadline);
        worker.Script = ScriptedWorker.Succeed;

        await PostAsync(job, "retry");

        await Host.UntilAsync(job.Id, shown => shown.Status == "completed", Deadline);
        await Host.PassAsync<TrailingTaskWriter>(Deadline);
        var end = await RowAsync(job);
        Assert.Equal((3, end.Cost, false), (end.TasksCompleted, end.CostEnded, end.HasTrailing));
    }

    [Fact]
    public async Task Cancel_of_a_job_whose_rows_trail_a_retry_ends_them_all()
    {
        var (_, job) = await StartWithFailedJobAsync();
        await CutAsync(job.Id, row => row.Retry(row.Cost));

        await PostAsync(job, "cancel");
        Assert.Equal(new TaskCounts(3, 0, 0, 0, 0, 0, 3), (await ShownAsync(job)).Job.Tasks);
        await Host.PassAsync<TrailingTaskWriter>(Deadline);

        Assert.All(await RowsAsync(job), row => Assert.Equal(("canceled", null), (row.Status, row.FailureCode)));
        Assert.False((await RowAsync(job)).HasTrailing);
    }

    // Task 0 came back after an attempt and waits, task 1 is held, the others wait for their first attempt.
    private async Task<(ScriptedWorker Worker, JobView Job, AttemptId Former)> StartWithReturnedTaskAsync()
    {
        var worker = await StartWithWorkerAsync(shape: one => one.Slots = 1, configure: options => options.DispatchWindow = TimeSpan.Zero);
        await Host.PassAsync<TrailingTaskWriter>(Deadline);
        var job = await Host.SubmitAsync(new { prompt = "x", images = 5 }, Deadline);
        var former = (await worker.NextAsync(Deadline)).Attempt;
        await worker.FailAsync(former, Transient);
        Assert.Equal(1, (await worker.NextAsync(Deadline)).Attempt.Index);
        return (worker, job, former);
    }

    private async Task<(ScriptedWorker Worker, JobView Job)> StartWithFailedJobAsync()
    {
        var worker = await StartWithWorkerAsync(shape: one => one.Script = (self, command) => self.FailAsync(command.Attempt, new AttemptFailure(FailureCodes.BadRecipe, false, "No.")));
        await Host.PassAsync<TrailingTaskWriter>(Deadline);
        var job = await Host.SubmitAsync(new { prompt = "x", images = 3 }, Deadline);
        await Host.UntilAsync(job.Id, view => view.Status == "failed", Deadline);
        worker.Script = null;
        return (worker, job);
    }

    // As much as the first transaction does of a large job.
    private Task<int> CutAsync(JobId job, Action<RenderJob> change) => Host.Services.GetRequiredService<FarmRecord>().WriteAsync(
        async db =>
        {
            var row = await db.Jobs.SingleAsync(found => found.Id == job, Deadline);
            change(row);
            return row.CanceledSeq is null ? 0 : await db.Tasks.Where(task => task.Job == job && task.LeaseExpiresAt != null).CancelAsync(row, Deadline);
        },
        Deadline);

    private async Task<(JobView Job, IReadOnlyList<TaskView> Tasks)> ShownAsync(JobView job)
    {
        var tasks = await TasksAsync(job);
        foreach (var task in tasks) Assert.Equal(task.Status, (await Host.GetAsync<TaskView>($"/v1/jobs/{job.Id}/tasks/{task.Index}", Deadline)).Status);
        return (await Host.GetAsync<JobView>($"/v1/jobs/{job.Id}", Deadline), tasks);
    }

    private async Task<int> CountAsync(JobView job, string status) => (await Host.GetAsync<Page<TaskView>>($"/v1/jobs/{job.Id}/tasks?status={status}", Deadline)).Items.Count;

    private async Task<HttpStatusCode> ImageStatusAsync(JobView job, int index)
    {
        using var answer = await Host.Client.GetAsync($"/v1/jobs/{job.Id}/images/{index}", Deadline);
        return answer.StatusCode;
    }

    private async Task PostAsync(JobView job, string what)
    {
        using var answer = await Host.Client.PostAsync($"/v1/jobs/{job.Id}/{what}", null, Deadline);
        answer.EnsureSuccessStatusCode();
    }

    private Task<List<RenderTask>> RowsAsync(JobView job) => Host.Services.GetRequiredService<FarmRecord>().ReadAsync(
        db => db.Tasks.Where(task => task.Job == job.Id).OrderBy(task => task.Index).ToListAsync(Deadline), Deadline);

    private Task<RenderJob> RowAsync(JobView job) => Host.Services.GetRequiredService<FarmRecord>().ReadAsync(db => db.Jobs.SingleAsync(row => row.Id == job.Id, Deadline), Deadline);
}

public sealed class TrailingTaskOnPostgresTests : TrailingTaskTests
{
    protected override Task<string> NewRecordAsync() => PostgresRecord.NewAsync();
}
