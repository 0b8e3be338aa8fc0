using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator;

public class LeaseTests : CoordinatorTest
{
    [Fact]
    public async Task Expired_lease_returns_the_task_to_the_backlog_and_the_worker_counts_as_lost()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        await worker.NextAsync(Deadline);

        var waiting = await PassTimeUntilAsync<JobView>($"/v1/jobs/{job.Id}", view => view.Tasks.Queued == 1, TimeSpan.FromSeconds(3));

        Assert.Equal("No worker is active. Start one, and the job goes on.", waiting.Waiting);
        var workers = await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline);
        Assert.Equal("lost", workers.Items[0].Status);
        await worker.BeatAsync();
        Assert.Equal(2, (await worker.NextAsync(Deadline)).Attempt.Number);
    }

    [Fact]
    public async Task Task_fails_as_worker_lost_when_every_attempt_ended_in_silence()
    {
        var worker = await StartWithWorkerAsync(configure: options => options.MaxAttempts = 1);
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        await worker.NextAsync(Deadline);

        await PassTimeUntilAsync<JobView>($"/v1/jobs/{job.Id}", view => view.Status == "failed", TimeSpan.FromSeconds(3));

        var failure = (await TasksAsync(job))[0].Failure!;
        Assert.Equal("worker_lost", failure.Code);
        Assert.Equal("Worker alpha fell silent for 12 s during attempt 1.", failure.Detail);
    }

    [Fact]
    public async Task Machine_that_was_suspended_charges_nobody_when_it_wakes()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        await worker.NextAsync(Deadline);
        var rescuer = Host.Services.GetRequiredService<LeaseRescuer>();
        while (rescuer.Passes < 2)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var pass = rescuer.NextPass();
        Clock.Advance(TimeSpan.FromHours(8));
        await pass;

        Assert.Equal(1, (await Host.GetAsync<JobView>($"/v1/jobs/{job.Id}", Deadline)).Tasks.Dispatched);
        Assert.Equal("active", (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items[0].Status);
    }

    [Fact]
    public async Task Heartbeats_that_list_a_run_keep_its_lease()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        var attempt = (await worker.NextAsync(Deadline)).Attempt;
        var run = new RunId(Guid.NewGuid());
        await worker.StartAsync(attempt, run);
        await Host.UntilAsync(job.Id, view => view.Tasks.Running == 1, Deadline);

        for (var beat = 0; beat < 10; beat++)
        {
            Clock.Advance(TimeSpan.FromSeconds(3));
            var now = Clock.GetUtcNow();
            await worker.BeatAsync(new HeldRun(attempt, run));
            await UntilAsync<Page<WorkerView>>("/v1/workers", page => page.Items[0].LastSeenAt == now);
        }

        Assert.Equal(1, (await Host.GetAsync<JobView>($"/v1/jobs/{job.Id}", Deadline)).Tasks.Running);
    }

    [Fact]
    public async Task New_incarnation_of_a_worker_gives_back_at_once_what_the_former_held_uncharged()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 3 }, Deadline);
        var first = new[] { await worker.NextAsync(Deadline), await worker.NextAsync(Deadline), await worker.NextAsync(Deadline) };
        await worker.StartAsync(first[0].Attempt, new RunId(Guid.NewGuid()));
        await Host.UntilAsync(job.Id, view => view.Tasks.Running == 1, Deadline);

        worker.Incarnation = Guid.NewGuid();
        await worker.AnnounceAsync();

        var second = new[] { await worker.NextAsync(Deadline), await worker.NextAsync(Deadline), await worker.NextAsync(Deadline) };
        Assert.All(second, attempt => Assert.Equal(2, attempt.Attempt.Number));
        Assert.All(await TasksAsync(job), task => Assert.Equal(1, task.Attempts));
    }

    [Fact]
    public async Task Task_that_is_running_whenever_its_worker_dies_fails_at_the_limit()
    {
        var worker = await StartWithWorkerAsync(configure: options => options.MaxWorkerDeaths = 2);
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        for (var death = 0; death < 2; death++)
        {
            var attempt = (await worker.NextAsync(Deadline)).Attempt;
            await worker.StartAsync(attempt, new RunId(Guid.NewGuid()));
            await Host.UntilAsync(job.Id, view => view.Tasks.Running == 1, Deadline);
            worker.Incarnation = Guid.NewGuid();
            await worker.AnnounceAsync();
        }

        var ended = await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);
        Assert.Equal("failed", ended.Status);
        Assert.Equal("worker_lost", (await TasksAsync(job))[0].Failure!.Code);
    }

    [Fact]
    public async Task Worker_that_leaves_gives_back_what_it_held()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        await worker.NextAsync(Deadline);

        await worker.LeaveAsync();

        await Host.UntilAsync(job.Id, view => view.Tasks.Queued == 1, Deadline);
        Assert.Equal(0, (await TasksAsync(job))[0].Attempts);
    }

    [Fact]
    public async Task Attempt_missing_from_two_heartbeats_is_sent_again()
    {
        var worker = await StartWithWorkerAsync();
        await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        var sent = await worker.NextAsync(Deadline);

        await worker.BeatAsync();
        await worker.BeatAsync();

        Assert.Equal(sent.Attempt, (await worker.NextAsync(Deadline)).Attempt);
    }

    [Fact]
    public async Task Run_that_the_record_does_not_want_is_canceled_at_every_heartbeat_that_lists_it()
    {
        var worker = await StartWithWorkerAsync();
        var stranger = new AttemptId(JobId.New(Clock), 4, 1);

        await worker.BeatAsync(new HeldRun(stranger, new RunId(Guid.NewGuid())));
        await worker.BeatAsync(new HeldRun(stranger, new RunId(Guid.NewGuid())));

        Assert.Equal(stranger, await worker.NextCanceledAsync(Deadline));
        Assert.Equal(stranger, await worker.NextCanceledAsync(Deadline));
    }

    [Fact]
    public async Task Restarted_coordinator_gives_every_lease_its_full_time_and_goes_on()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 2 }, Deadline);
        var attempts = new[] { (await worker.NextAsync(Deadline)).Attempt, (await worker.NextAsync(Deadline)).Attempt };
        await Host.UntilAsync(job.Id, view => view.Tasks.Dispatched == 2, Deadline);
        Clock.Advance(TimeSpan.FromHours(1));

        await StartAsync(null, worker);
        var run = new RunId(Guid.NewGuid());
        await worker.BeatAsync(new HeldRun(attempts[0], run), new HeldRun(attempts[1], run));
        await worker.SucceedAsync(attempts[0], run);
        await worker.SucceedAsync(attempts[1], run);

        var ended = await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);
        Assert.Equal("completed", ended.Status);
        Assert.All(await TasksAsync(job), task => Assert.Equal(1, task.Attempts));
    }
}
