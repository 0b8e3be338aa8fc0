using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator;

public class FailureTests : CoordinatorTest
{
    private static readonly AttemptFailure Transient = new(FailureCodes.EngineFailed, true, "It hiccuped.");

    [Fact]
    public async Task Transient_failure_is_tried_again_after_its_wait_and_is_charged()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        var first = await worker.NextAsync(Deadline);

        await worker.FailAsync(first.Attempt, Transient);
        await Host.UntilAsync(job.Id, view => view.Tasks.Queued == 1, Deadline);
        Assert.Equal(0, worker.Unread);
        var second = await NextAfterWaitAsync(worker, job);

        Assert.Equal(2, second.Attempt.Number);
        Assert.Equal(first.Recipe, second.Recipe);
        await worker.SucceedAsync(second.Attempt);
        var ended = await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);
        Assert.Equal("completed", ended.Status);
        Assert.Equal(2, (await TasksAsync(job))[0].Attempts);
    }

    [Fact]
    public async Task Task_fails_with_the_workers_reason_when_its_attempts_are_used_up()
    {
        var worker = await StartWithWorkerAsync(configure: options => options.MaxAttempts = 2);
        var job = await Host.SubmitAsync(new { prompt = "x", images = 2 }, Deadline);
        var (first, other) = (await worker.NextAsync(Deadline), await worker.NextAsync(Deadline));

        await worker.SucceedAsync(other.Attempt);
        await worker.FailAsync(first.Attempt, Transient);
        await Host.UntilAsync(job.Id, view => view.Tasks.Queued == 1, Deadline);
        var second = await NextAfterWaitAsync(worker, job);
        await worker.FailAsync(second.Attempt, Transient);

        var ended = await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);
        Assert.Equal("failed", ended.Status);
        Assert.Equal(new TaskCounts(2, 0, 0, 0, 1, 1, 0), ended.Tasks);
        Assert.Equal(new FailureView("engine_failed", "It hiccuped."), (await TasksAsync(job))[first.Attempt.Index].Failure);
    }

    [Fact]
    public async Task Permanent_failure_ends_the_task_at_once_and_retry_brings_it_back()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        var first = await worker.NextAsync(Deadline);
        await worker.FailAsync(first.Attempt, new AttemptFailure(FailureCodes.NotFinite, false, "NaN."));
        await Host.UntilAsync(job.Id, view => view.Status == "failed", Deadline);

        using var retried = await Host.Client.PostAsync($"/v1/jobs/{job.Id}/retry", null, Deadline);

        retried.EnsureSuccessStatusCode();
        var second = await worker.NextAsync(Deadline);
        Assert.Equal(2, second.Attempt.Number);
        await worker.SucceedAsync(second.Attempt);
        var ended = await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);
        Assert.Equal("completed", ended.Status);
        Assert.Null((await TasksAsync(job))[0].Failure);
        using var again = await Host.Client.PostAsync($"/v1/jobs/{job.Id}/retry", null, Deadline);
        Assert.Equal(System.Net.HttpStatusCode.Conflict, again.StatusCode);
    }

    [Fact]
    public async Task Retried_task_may_again_be_refused_by_a_store_before_it_is_charged()
    {
        var worker = await StartWithWorkerAsync(configure: options => (options.MaxRescues, options.MaxAttempts) = (1, 1));
        var refused = new AttemptFailure(FailureCodes.StoreRefused, true, "Wrong key.");
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        await worker.FailAsync((await worker.NextAsync(Deadline)).Attempt, refused);
        await Host.UntilAsync(job.Id, view => view.Tasks.Queued == 1, Deadline);
        await worker.FailAsync((await NextAfterWaitAsync(worker, job)).Attempt, refused);
        await Host.UntilAsync(job.Id, view => view.Status == "failed", Deadline);
        using var retried = await Host.Client.PostAsync($"/v1/jobs/{job.Id}/retry", null, Deadline);
        retried.EnsureSuccessStatusCode();

        await worker.FailAsync((await worker.NextAsync(Deadline)).Attempt, refused);

        await Host.UntilAsync(job.Id, view => view.Tasks.Dispatched == 0, Deadline);
        var task = (await TasksAsync(job))[0];
        Assert.Equal(("queued", 0), (task.Status, task.Attempts));
    }

    [Fact]
    public async Task Failed_task_goes_to_another_worker_where_there_is_one()
    {
        var alpha = new ScriptedWorker("alpha", "cpu", Store) { Slots = 1 };
        var beta = new ScriptedWorker("beta", "cpu", Store) { Slots = 1, Speed = 0.5, Script = ScriptedWorker.Succeed };
        await StartAsync(null, alpha, beta);
        await AnnounceAsync(alpha);
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        var first = await alpha.NextAsync(Deadline);
        await AnnounceAsync(beta);

        await alpha.FailAsync(first.Attempt, Transient);
        await PassTimeUntilAsync<JobView>($"/v1/jobs/{job.Id}", view => view.Status == "completed", TimeSpan.FromSeconds(0.2));

        Assert.Equal("beta", (await TasksAsync(job))[0].Worker);
        Assert.Equal(0, alpha.Unread);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Checkpoint_that_one_worker_cannot_read_is_rendered_with_by_another(bool retryable)
    {
        var alpha = new ScriptedWorker("alpha", "cpu", Store) { Slots = 1 };
        var beta = new ScriptedWorker("beta", "cpu", Store) { Slots = 1, Speed = 0.5, Script = ScriptedWorker.Succeed };
        await StartAsync(null, alpha, beta);
        await AnnounceAsync(alpha);
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        var first = await alpha.NextAsync(Deadline);
        await AnnounceAsync(beta);

        // Workers of former versions say that nothing helps.
        await alpha.FailAsync(first.Attempt, new AttemptFailure(FailureCodes.CheckpointUnreadable, retryable, "unet/model.onnx: the file is missing."));
        await PassTimeUntilAsync<JobView>($"/v1/jobs/{job.Id}", view => view.EndedAt is not null, TimeSpan.FromSeconds(0.2));

        var task = (await TasksAsync(job))[0];
        Assert.Equal(("completed", "beta"), (task.Status, task.Worker));
    }

    [Fact]
    public async Task Attempt_handed_back_is_dispatched_again_and_nobody_is_charged()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        var first = await worker.NextAsync(Deadline);
        var run = new RunId(Guid.NewGuid());
        await worker.StartAsync(first.Attempt, run);

        await worker.ReturnAsync(first.Attempt, run);

        var second = await worker.NextAsync(Deadline);
        Assert.Equal(2, second.Attempt.Number);
        Assert.Equal(1, (await TasksAsync(job))[0].Attempts);
    }

    [Fact]
    public async Task Late_success_of_a_former_attempt_counts_once_the_store_confirms_it()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        var first = await worker.NextAsync(Deadline);
        await worker.FailAsync(first.Attempt, Transient);
        await Host.UntilAsync(job.Id, view => view.Tasks.Queued == 1, Deadline);

        await worker.SucceedAsync(first.Attempt, isStored: false);
        var image = await worker.SucceedAsync(first.Attempt);

        var ended = await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);
        Assert.Equal("completed", ended.Status);
        Assert.Equal(image.Sha256, (await TasksAsync(job))[0].Sha256);
    }

    [Fact]
    public async Task Late_success_that_finds_the_store_away_counts_when_it_is_back()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        var first = await worker.NextAsync(Deadline);
        await worker.FailAsync(first.Attempt, Transient);
        await Host.UntilAsync(job.Id, view => view.Tasks.Queued == 1, Deadline);
        var checks = Store.Checks;
        Store.FailNextSizes = 1;

        await worker.SucceedAsync(first.Attempt);

        await Host.UntilAsync(job.Id, view => view.Status == "completed", Deadline);
        Assert.Equal(checks + 2, Store.Checks);
    }

    [Fact]
    public async Task Late_success_whose_store_hangs_holds_up_no_other_report()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 2 }, Deadline);
        var attempts = new[] { (await worker.NextAsync(Deadline)).Attempt, (await worker.NextAsync(Deadline)).Attempt };
        await worker.FailAsync(attempts[0], Transient);
        await Host.UntilAsync(job.Id, view => view.Tasks.Queued == 1, Deadline);
        var hanging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Hanging = hanging.Task;
        await worker.SucceedAsync(attempts[0]);
        while (Store.Checks == 0) await Task.Yield();

        await worker.SucceedAsync(attempts[1]);

        await Host.UntilAsync(job.Id, view => view.Tasks.Completed == 1, Deadline);
        hanging.SetResult();
        await Host.UntilAsync(job.Id, view => view.Status == "completed", Deadline);
    }

    [Fact]
    public async Task Late_success_whose_object_has_its_size_and_other_bytes_is_refused()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        var first = await worker.NextAsync(Deadline);
        await worker.FailAsync(first.Attempt, Transient);
        await Host.UntilAsync(job.Id, view => view.Tasks.Queued == 1, Deadline);
        var run = new RunId(Guid.NewGuid());
        var key = ObjectKey.ForImage(first.Attempt, run, ImageFormats.Png);
        var size = (int)(await worker.SucceedAsync(first.Attempt with { Number = 99 }, run, isStored: false)).SizeBytes;
        await Store.PutAsync(key, new byte[size], "image/png", Deadline);

        await worker.SucceedAsync(first.Attempt, run, isStored: false);
        while (Store.Checks == 0) await Task.Yield();
        var right = await worker.SucceedAsync(first.Attempt);

        await Host.UntilAsync(job.Id, view => view.Status == "completed", Deadline);
        var recorded = await Host.Services.GetRequiredService<FarmRecord>().ReadAsync(db => db.Tasks.Select(task => task.ObjectKey).SingleAsync(Deadline), Deadline);
        Assert.Equal(right.ObjectKey, recorded);
    }

    [Fact]
    public async Task Report_that_the_record_cannot_take_keeps_no_other_of_its_batch_out()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 3 }, Deadline);
        var attempts = new List<AttemptId>();
        while (attempts.Count < 3) attempts.Add((await worker.NextAsync(Deadline)).Attempt);
        var run = new RunId(Guid.NewGuid());

        // A failure without its sentence, as nobody sends it: every record refuses that.
        var poison = new AttemptFailed(attempts[1], run, worker.Name, Transient with { Detail = null! });
        await worker.ReportAsync(new AttemptStarted(attempts[0], run, worker.Name), poison, new AttemptStarted(attempts[2], run, worker.Name));

        await Host.UntilAsync(job.Id, view => view.Tasks.Running == 2, Deadline);
    }

    [Fact]
    public async Task Reports_of_runs_that_the_record_does_not_hold_change_nothing()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        var attempt = (await worker.NextAsync(Deadline)).Attempt;
        var (run, stranger) = (new RunId(Guid.NewGuid()), new RunId(Guid.NewGuid()));
        await worker.StartAsync(attempt, run);
        await Host.UntilAsync(job.Id, view => view.Tasks.Running == 1, Deadline);

        await worker.FailAsync(attempt, new AttemptFailure(FailureCodes.BadRecipe, false, "No."), stranger);
        await worker.FailAsync(attempt with { Number = 7 }, new AttemptFailure(FailureCodes.BadRecipe, false, "No."), run);
        await worker.ReturnAsync(attempt, stranger);
        await worker.FailAsync(attempt with { Index = 3 }, new AttemptFailure(FailureCodes.BadRecipe, false, "No."), run);
        var image = await worker.SucceedAsync(attempt, run);
        await worker.SucceedAsync(attempt, run);
        await worker.SucceedAsync(attempt, stranger);
        await worker.FailAsync(attempt, new AttemptFailure(FailureCodes.BadRecipe, false, "No."), run);

        var ended = await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);
        Assert.Equal(new TaskCounts(1, 0, 0, 0, 1, 0, 0), ended.Tasks);
        Assert.Equal(image.Sha256, (await TasksAsync(job))[0].Sha256);
    }

    private async Task<RunAttempt> NextAfterWaitAsync(ScriptedWorker worker, JobView job)
    {
        await PassTimeUntilAsync<JobView>($"/v1/jobs/{job.Id}", view => view.Tasks.Dispatched == 1, TimeSpan.FromSeconds(0.5));
        return await worker.NextAsync(Deadline);
    }
}
