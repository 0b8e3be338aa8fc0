using System.Net.Http.Json;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator;

public class DispatchTests : CoordinatorTest
{
    [Fact]
    public async Task Device_gets_its_slots_and_the_window_and_no_more_of_a_large_job()
    {
        var worker = await StartWithWorkerAsync(shape: one => one.Slots = 3);
        var job = await Host.SubmitAsync(new { prompt = "x", images = 50 }, Deadline);

        var view = await Host.UntilAsync(job.Id, shown => shown.Tasks.Dispatched == 4, Deadline);

        Assert.Equal(46, view.Tasks.Queued);
        var shown = (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items[0].Devices[0];
        Assert.Equal((3, 4), (shown.Slots, shown.Held));
        for (var i = 0; i < 4; i++) await worker.NextAsync(Deadline);
        Assert.Equal(0, worker.Unread);
    }

    [Fact]
    public async Task One_image_of_a_newcomer_passes_the_backlog_of_a_million()
    {
        var worker = await StartWithWorkerAsync(shape: one => one.Slots = 2, configure: options =>
        {
            options.TenantHeader = "X-Tenant";
            options.DispatchWindow = TimeSpan.Zero;
        });
        await Host.SubmitAsync(new { prompt = "big", images = 5_000 }, Deadline);
        for (var i = 0; i < 20; i++) await worker.SucceedAsync((await worker.NextAsync(Deadline)).Attempt);
        var held = new[] { await worker.NextAsync(Deadline), await worker.NextAsync(Deadline) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs") { Content = JsonContent.Create(new { prompt = "small" }) };
        request.Headers.Add("X-Tenant", "newcomer");
        (await Host.Client.SendAsync(request, Deadline)).EnsureSuccessStatusCode();

        await worker.SucceedAsync(held[0].Attempt);

        Assert.Equal("small", (await worker.NextAsync(Deadline)).Recipe.Prompt);
    }

    [Fact]
    public async Task Reproducible_job_stays_on_the_profile_of_its_first_image_and_says_what_it_waits_for()
    {
        var alpha = new ScriptedWorker("alpha", "cpu", Store) { Slots = 1, Profile = "p1" };
        var beta = new ScriptedWorker("beta", "cpu", Store) { Slots = 8, Profile = "p2", Speed = 1_000, Script = ScriptedWorker.Succeed };
        await StartAsync(null, alpha, beta);
        await AnnounceAsync(alpha);
        var job = await Host.SubmitAsync(new { prompt = "x", images = 4 }, Deadline);
        await alpha.SucceedAsync((await alpha.NextAsync(Deadline)).Attempt);
        await Host.UntilAsync(job.Id, view => view.Tasks.Completed == 1, Deadline);
        await AnnounceAsync(beta);

        await alpha.LeaveAsync();

        var waiting = await Host.UntilAsync(job.Id, view => view.Tasks.Queued == 3, Deadline);
        Assert.Equal("p1", waiting.Profile);
        Assert.Equal("The job is reproducible and has images from the execution profile p1, which no active device has.", waiting.Waiting);
        Assert.Equal(0, beta.Unread);
        var fast = await Host.SubmitAsync(new { prompt = "x", determinism = "fast" }, Deadline);
        Assert.Null((await Host.UntilAsync(fast.Id, view => view.Status == "completed", Deadline)).Profile);
    }

    [Fact]
    public async Task Job_for_a_checkpoint_that_nobody_holds_now_waits_and_goes_on_when_someone_does()
    {
        var alpha = new ScriptedWorker("alpha", "cpu", Store) { Script = ScriptedWorker.Succeed };
        var beta = new ScriptedWorker("beta", "cpu", Store) { Script = ScriptedWorker.Succeed, Checkpoints = [ScriptedWorker.Checkpoint("second", "sha256:b")] };
        await StartAsync(null, alpha, beta);
        await AnnounceAsync(alpha);
        await AnnounceAsync(beta);
        await beta.LeaveAsync();
        await UntilAsync<Page<WorkerView>>("/v1/workers", page => page.Items[1].Status == "left");

        var job = await Host.SubmitAsync(new { prompt = "x", model = "second" }, Deadline);
        Assert.Equal("No active worker holds the checkpoint sha256:b.", job.Waiting);
        // Who left comes back as a new process.
        beta.Incarnation = Guid.NewGuid();
        await beta.AnnounceAsync();

        var ended = await Host.UntilAsync(job.Id, view => view.Status == "completed", Deadline);
        Assert.Null(ended.Waiting);
    }

    [Fact]
    public async Task Speed_is_measured_from_images_and_gives_an_estimated_time()
    {
        var worker = await StartWithWorkerAsync(shape: one => one.Slots = 1);
        var job = await Host.SubmitAsync(new { prompt = "x", images = 10, sampler = "euler" }, Deadline);
        Assert.Null(job.EtaSeconds);

        await worker.SucceedAsync((await worker.NextAsync(Deadline)).Attempt);

        // 64 × 64 × 10 steps × 2 with guidance in 1.5 s, and nine such images to come.
        var view = await Host.UntilAsync(job.Id, shown => shown.Tasks.Completed == 1, Deadline);
        Assert.Equal(13.5, view.EtaSeconds);
        Assert.Equal(54_613, (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items[0].Devices[0].PixelStepsPerSecond);
    }
}
