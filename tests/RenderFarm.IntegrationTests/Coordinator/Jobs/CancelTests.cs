using System.Net;
using System.Net.Http.Json;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Jobs;

public class CancelTests : CoordinatorTest
{
    [Fact]
    public async Task Cancel_ends_tasks_in_every_state_keeps_images_and_tells_the_worker()
    {
        var worker = await StartWithWorkerAsync(shape: one => one.Slots = 3, configure: options => options.DispatchWindow = TimeSpan.Zero);
        var job = await Host.SubmitAsync(new { prompt = "x", images = 10 }, Deadline);
        var attempts = new[] { (await worker.NextAsync(Deadline)).Attempt, (await worker.NextAsync(Deadline)).Attempt, (await worker.NextAsync(Deadline)).Attempt };
        var run = new RunId(Guid.NewGuid());
        await worker.StartAsync(attempts[1], run);
        await worker.SucceedAsync(attempts[0]);
        var before = await Host.UntilAsync(job.Id, view => view.Tasks is { Completed: 1, Running: 1, Dispatched: 2 }, Deadline);

        var canceled = await CancelAsync(job.Id);

        Assert.Equal("canceled", canceled.Status);
        Assert.Equal(new TaskCounts(10, 0, 0, 0, 1, 0, 9), canceled.Tasks);
        var told = new HashSet<AttemptId>();
        while (told.Count < before.Tasks.Running + before.Tasks.Dispatched) told.Add(await worker.NextCanceledAsync(Deadline));
        Assert.Contains(attempts[1], told);
        Assert.Equal(HttpStatusCode.OK, (await Host.Client.GetAsync($"/v1/jobs/{job.Id}/images/{attempts[0].Index}", Deadline)).StatusCode);
        Assert.Equal(canceled.EndedAt, (await CancelAsync(job.Id)).EndedAt);
    }

    [Fact]
    public async Task Reports_after_a_cancel_are_refused_and_a_listed_run_is_canceled_again()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        var attempt = (await worker.NextAsync(Deadline)).Attempt;
        var run = new RunId(Guid.NewGuid());
        await CancelAsync(job.Id);
        Assert.Equal(attempt, await worker.NextCanceledAsync(Deadline));

        await worker.SucceedAsync(attempt, run);
        await worker.StopAsync(attempt, run);
        await worker.BeatAsync(new HeldRun(attempt, run));

        Assert.Equal(attempt, await worker.NextCanceledAsync(Deadline));
        Assert.Equal("canceled", (await TasksAsync(job))[0].Status);
    }

    [Fact]
    public async Task Cancel_that_lost_the_race_shows_the_job_as_it_ended()
    {
        await StartWithWorkerAsync(shape: one => one.Script = ScriptedWorker.Succeed);
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        await Host.UntilAsync(job.Id, view => view.Status == "completed", Deadline);

        Assert.Equal("completed", (await CancelAsync(job.Id)).Status);
    }

    [Fact]
    public async Task Canceled_job_cannot_be_retried()
    {
        await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        await CancelAsync(job.Id);

        using var answer = await Host.Client.PostAsync($"/v1/jobs/{job.Id}/retry", null, Deadline);

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal("The job was canceled. Submit it anew.", (await answer.Content.ReadFromJsonAsync<Problem>(FarmJson.Options, Deadline))!.Detail);
    }

    private async Task<JobView> CancelAsync(JobId job)
    {
        using var answer = await Host.Client.PostAsync($"/v1/jobs/{job}/cancel", null, Deadline);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JobView>(FarmJson.Options, Deadline))!;
    }
}
