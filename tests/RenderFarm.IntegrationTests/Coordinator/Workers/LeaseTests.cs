using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Rescue;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Workers;

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
    public async Task Silent_worker_costs_no_attempt_and_is_rescued_within_fifteen_seconds()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 2 }, Deadline);
        var attempts = new[] { (await worker.NextAsync(Deadline)).Attempt, (await worker.NextAsync(Deadline)).Attempt };
        var run = new RunId(Guid.NewGuid());
        await worker.StartAsync(attempts[0], run);
        await Host.UntilAsync(job.Id, view => view.Tasks.Running == 1, Deadline);
        await PassAsync(TimeSpan.FromSeconds(0.5));
        await PassAsync(TimeSpan.FromSeconds(0.5));
        await worker.BeatAsync(new HeldRun(attempts[0], run), new HeldRun(attempts[1], new RunId(Guid.NewGuid())));
        var last = Clock.GetUtcNow();
        await UntilAsync<Page<WorkerView>>("/v1/workers", page => page.Items[0].LastSeenAt == last);

        await PassTimeUntilAsync<JobView>($"/v1/jobs/{job.Id}", view => view.Tasks.Queued == 2, TimeSpan.FromSeconds(0.5));

        Assert.InRange((Clock.GetUtcNow() - last).TotalSeconds, 12, 15);
        Assert.All(await TasksAsync(job), task => Assert.Equal(0, task.Attempts));
    }

    [Fact]
    public async Task Bus_that_carries_nothing_for_a_minute_expires_no_lease_and_loses_no_worker()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        await worker.NextAsync(Deadline);
        await PassAsync(TimeSpan.FromSeconds(1));
        await PassAsync(TimeSpan.FromSeconds(1));
        var leases = Host.Services.GetRequiredService<LeaseClock>();

        // A gap as the clock sees it: looks in time, and no probe that returns.
        leases.Doubt(Clock.GetUtcNow() + TimeSpan.FromSeconds(60));
        for (var second = 0; second < 60; second++) await PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(1, (await Host.GetAsync<JobView>($"/v1/jobs/{job.Id}", Deadline)).Tasks.Dispatched);
        for (var second = 0; second < 10; second++) await PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(1, (await Host.GetAsync<JobView>($"/v1/jobs/{job.Id}", Deadline)).Tasks.Dispatched);
        Assert.Equal("active", (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items[0].Status);
        await PassTimeUntilAsync<JobView>($"/v1/jobs/{job.Id}", view => view.Tasks.Queued == 1, TimeSpan.FromSeconds(1));
        Assert.Equal(0, (await TasksAsync(job))[0].Attempts);
    }

    [Fact]
    public async Task Poison_among_others_fails_after_two_deaths_alone_and_costs_nobody_an_attempt()
    {
        var worker = await StartWithWorkerAsync(configure: options => options.DispatchWindow = TimeSpan.Zero);
        var job = await Host.SubmitAsync(new { prompt = "x", images = 12 }, Deadline);
        const int Poison = 2;
        var (deaths, done) = (0, new HashSet<int>());
        while (deaths < 3 || done.Count < 11)
        {
            var attempt = (await worker.NextAsync(Deadline)).Attempt;
            var run = new RunId(Guid.NewGuid());
            await worker.StartAsync(attempt, run);
            if (attempt.Index != Poison)
            {
                await worker.SucceedAsync(attempt, run);
                done.Add(attempt.Index);
                continue;
            }

            await UntilAsync<TaskView>($"/v1/jobs/{job.Id}/tasks/{Poison}", view => view.Status == "running");
            deaths++;
            worker.Forget();
            worker.Incarnation = Guid.NewGuid();
            await worker.AnnounceAsync();
        }

        var ended = await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);
        Assert.Equal(new TaskCounts(12, 0, 0, 0, 11, 1, 0), ended.Tasks);
        Assert.Equal(3, deaths);
        var tasks = await TasksAsync(job);
        Assert.Equal(new FailureView("poison", "Its worker died 2 times while it ran there alone, last alpha."), tasks[Poison].Failure);
        // None, where a run that was taken back had finished all the same.
        Assert.All(tasks.Where(task => task.Index != Poison), task => Assert.InRange(task.Attempts, 0, 1));
    }

    [Fact]
    public async Task Machine_that_was_suspended_charges_nobody_when_it_wakes()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        await worker.NextAsync(Deadline);
        await PassAsync(TimeSpan.FromSeconds(1));
        await PassAsync(TimeSpan.FromSeconds(1));

        await PassAsync(TimeSpan.FromHours(8));
        await PassAsync(TimeSpan.FromSeconds(1));
        await PassAsync(TimeSpan.FromSeconds(1));

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

        // What was running comes first and alone, and the others when it is done.
        var alone = await worker.NextAsync(Deadline);
        Assert.Equal(first[0].Attempt with { Number = 2 }, alone.Attempt);
        Assert.Equal(0, worker.Unread);
        await worker.SucceedAsync(alone.Attempt);
        var others = new[] { await worker.NextAsync(Deadline), await worker.NextAsync(Deadline) };
        Assert.All(others, attempt => Assert.Equal(2, attempt.Attempt.Number));
        Assert.All(await TasksAsync(job), task => Assert.Equal(1, task.Attempts));
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
    public async Task Heartbeat_and_announcement_that_come_after_the_farewell_bring_nobody_back_and_a_new_incarnation_comes()
    {
        var worker = await StartWithWorkerAsync();
        await worker.LeaveAsync();
        await UntilAsync<Page<WorkerView>>("/v1/workers", page => page.Items[0].Status == "left");

        await worker.BeatAsync();
        await worker.AnnounceAsync();
        // Heard after them, since the queue keeps its order.
        var heard = new ScriptedWorker("omega", "cpu", Store) { Bus = worker.Bus };
        await AnnounceAsync(heard);
        Assert.Equal(["left", "active"], (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items.Select(shown => shown.Status));
        await heard.LeaveAsync();
        await UntilAsync<Page<WorkerView>>("/v1/workers", page => page.Items[1].Status == "left");

        worker.Incarnation = Guid.NewGuid();
        await AnnounceAsync(worker);
        await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        await worker.NextAsync(Deadline);
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
