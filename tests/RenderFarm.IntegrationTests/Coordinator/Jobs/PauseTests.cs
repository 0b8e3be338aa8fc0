using System.Net;
using System.Net.Http.Json;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Jobs;

public class PauseTests : CoordinatorTest
{
    [Fact]
    public async Task Paused_job_finishes_what_runs_and_waits_with_the_rest_until_it_is_resumed()
    {
        var worker = await StartWithWorkerAsync(shape: one => one.Slots = 1, configure: options => options.DispatchWindow = TimeSpan.Zero);
        var job = await Host.SubmitAsync(new { prompt = "x", images = 3 }, Deadline);
        var running = (await worker.NextAsync(Deadline)).Attempt;

        var paused = await PostAsync<JobView>($"/v1/jobs/{job.Id}/pause");
        await worker.SucceedAsync(running);
        await Host.UntilAsync(job.Id, view => view.Tasks.Completed == 1, Deadline);
        var other = await Host.SubmitAsync(new { prompt = "y" }, Deadline);
        Assert.Equal("y", (await worker.NextAsync(Deadline)).Recipe.Prompt);

        Assert.True(paused.Paused);
        var waiting = await Host.GetAsync<JobView>($"/v1/jobs/{job.Id}", Deadline);
        Assert.Equal(("active", "The job is paused. Resume it, and it goes on."), (waiting.Status, waiting.Waiting));
        await PostAsync<JobView>($"/v1/jobs/{other.Id}/cancel");
        Assert.False((await PostAsync<JobView>($"/v1/jobs/{job.Id}/resume")).Paused);
        Assert.Equal("x", (await worker.NextAsync(Deadline)).Recipe.Prompt);
    }

    [Fact]
    public async Task Job_that_has_ended_cannot_be_paused_and_an_unknown_one_is_not_found()
    {
        await StartWithWorkerAsync(shape: one => one.Script = ScriptedWorker.Succeed);
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);

        using var ended = await Host.Client.PostAsync($"/v1/jobs/{job.Id}/pause", null, Deadline);
        using var unknown = await Host.Client.PostAsync($"/v1/jobs/{JobId.New(Clock)}/pause", null, Deadline);

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.NotFound), (ended.StatusCode, unknown.StatusCode));
        Assert.Equal("The job is completed and has nothing left to pause.", (await ended.Content.ReadFromJsonAsync<Problem>(FarmJson.Options, Deadline))!.Detail);
    }

    [Fact]
    public async Task Drained_worker_gets_no_more_and_resumes()
    {
        var worker = await StartWithWorkerAsync();
        await PostAsync("/v1/workers/alpha/drain");

        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);

        Assert.Equal("Every worker that could take it is drained or in quarantine.", job.Waiting);
        Assert.Equal(Clock.GetUtcNow(), (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items[0].DrainedAt);
        Assert.Equal(0, worker.Unread);
        await PostAsync("/v1/workers/alpha/resume");
        await worker.NextAsync(Deadline);
    }

    [Fact]
    public async Task Paused_farm_dispatches_nothing_and_says_so_at_every_job()
    {
        var worker = await StartWithWorkerAsync();
        Assert.Equal(Clock.GetUtcNow(), (await PostAsync<FarmView>("/v1/farm/pause")).PausedAt);

        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);

        Assert.Equal("The farm is paused. Resume it, and the job goes on.", job.Waiting);
        Assert.NotNull((await Host.GetAsync<FarmView>("/v1/farm", Deadline)).PausedAt);
        Assert.Equal(0, worker.Unread);
        Assert.Null((await PostAsync<FarmView>("/v1/farm/resume")).PausedAt);
        await worker.NextAsync(Deadline);
    }

    [Fact]
    public async Task Worker_that_fails_many_tasks_is_quarantined_and_released_by_hand()
    {
        var alpha = new ScriptedWorker("alpha", "cpu", Store) { Slots = 2, Script = Fail };
        var beta = new ScriptedWorker("beta", "cpu", Store) { Slots = 1, Speed = 0.01, Script = ScriptedWorker.Succeed };
        await StartAsync(
            options =>
            {
                options.QuarantineFaults = 3;
                options.RetryBackoff = TimeSpan.Zero;
            },
            alpha,
            beta);
        await AnnounceAsync(alpha);
        await AnnounceAsync(beta);
        var job = await Host.SubmitAsync(new { prompt = "x", images = 12 }, Deadline);

        var page = await UntilAsync<Page<WorkerView>>("/v1/workers", shown => shown.Items[0].Quarantine is not null);
        Assert.EndsWith("the last one said: No device.", page.Items[0].Quarantine!.Reason, StringComparison.Ordinal);
        await Host.UntilAsync(job.Id, view => view.Status == "completed", Deadline);
        await PostAsync("/v1/workers/alpha/release");

        Assert.Null((await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items[0].Quarantine);
        using var unknown = await Host.Client.PostAsync("/v1/workers/nobody/release", null, Deadline);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Worker_whom_the_store_refuses_is_quarantined_and_costs_no_task_an_attempt()
    {
        var alpha = new ScriptedWorker("alpha", "cpu", Store) { Slots = 2, Script = Refused };
        var beta = new ScriptedWorker("beta", "cpu", Store) { Slots = 1, Speed = 0.01, Script = ScriptedWorker.Succeed };
        await StartAsync(options => (options.QuarantineFaults, options.RetryBackoff, options.MaxAttempts) = (3, TimeSpan.Zero, 1), alpha, beta);
        await AnnounceAsync(alpha);
        await AnnounceAsync(beta);

        var job = await Host.SubmitAsync(new { prompt = "x", images = 12 }, Deadline);

        await Host.UntilAsync(job.Id, view => view.Status == "completed", Deadline);
        var shown = (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items;
        Assert.EndsWith("the last one said: Wrong key.", shown[0].Quarantine!.Reason, StringComparison.Ordinal);
        Assert.Null(shown[1].Quarantine);
    }

    [Fact]
    public async Task Store_that_refuses_all_workers_lets_the_backlog_wait_and_takes_it_when_it_takes_images_again()
    {
        var takes = false;
        Task TryAsync(ScriptedWorker worker, RunAttempt command) => takes ? ScriptedWorker.Succeed(worker, command) : Refused(worker, command);
        var alpha = new ScriptedWorker("alpha", "cpu", Store) { Slots = 2, Script = TryAsync };
        var beta = new ScriptedWorker("beta", "cpu", Store) { Slots = 2, Script = TryAsync };
        await StartAsync(options => (options.QuarantineFaults, options.RetryBackoff, options.MaxAttempts) = (3, TimeSpan.Zero, 1), alpha, beta);
        await AnnounceAsync(alpha);
        await AnnounceAsync(beta);

        var job = await Host.SubmitAsync(new { prompt = "x", images = 40 }, Deadline);

        var waiting = await Host.UntilAsync(job.Id, view => view.Waiting is not null && view.Tasks.Queued == 40, Deadline);
        Assert.Contains("different tasks failed on it and 0 succeeded; the last one said: Wrong key.", waiting.Waiting, StringComparison.Ordinal);
        takes = true;
        while ((await Host.GetAsync<JobView>($"/v1/jobs/{job.Id}", Deadline)).Status != "completed")
        {
            await PassAsync(TimeSpan.FromSeconds(2));
            await alpha.BeatAsync();
            await beta.BeatAsync();
        }
    }

    private static Task Refused(ScriptedWorker worker, RunAttempt command) =>
        worker.FailAsync(command.Attempt, new AttemptFailure(FailureCodes.StoreRefused, true, "Wrong key."));

    private static Task Fail(ScriptedWorker worker, RunAttempt command) =>
        worker.FailAsync(command.Attempt, new AttemptFailure(FailureCodes.EngineFailed, true, "No device."));

    private async Task<T> PostAsync<T>(string path)
    {
        using var answer = await Host.Client.PostAsync(path, null, Deadline);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<T>(FarmJson.Options, Deadline))!;
    }

    private async Task PostAsync(string path)
    {
        using var answer = await Host.Client.PostAsync(path, null, Deadline);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }
}
