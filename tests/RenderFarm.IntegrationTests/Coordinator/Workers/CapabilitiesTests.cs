using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Workers;

/// <summary>What devices announce is shown, and dispatch goes by it: size of the largest image, determinism class.</summary>
public class CapabilitiesTests : CoordinatorTest
{
    private const string TooLarge = "Its largest image has 65,536 pixels; the largest that an active worker with all it needs takes has 16,384, such as 128×128.";

    [Fact]
    public async Task Devices_are_shown_with_what_they_announce_and_checkpoints_by_name()
    {
        await StartWithWorkerAsync(one => one.Says = said => said with
        {
            Provider = "cuda",
            Determinism = DeterminismClasses.Reproducible,
            MemoryBytes = 24L << 30,
            PixelsPerImage = 1_048_576,
            Resident = [ScriptedWorker.Digest, "sha256:gone"],
            Speeds = [new RowSpeed(2, 0.5), new RowSpeed(16, 2.25)],
        });

        var shown = (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items.Single().Devices.Single();

        Assert.Equal(("cuda", "reproducible", 24L << 30, 1_048_576L), (shown.Provider, shown.Determinism, shown.MemoryBytes, shown.PixelsPerImage));
        Assert.Equal([new ResidentView(ScriptedWorker.Digest, "demo"), new ResidentView("sha256:gone", null)], shown.Resident!);
        Assert.Equal([new RowSpeed(2, 0.5), new RowSpeed(16, 2.25)], shown.Speeds!);
    }

    [Fact]
    public async Task Checkpoint_that_a_coordinator_of_a_later_version_wrote_is_shown_and_rendered_with()
    {
        var worker = await StartWithWorkerAsync();
        await Host.Services.GetRequiredService<FarmRecord>().WriteAsync(
            async db =>
            {
                var row = await db.Checkpoints.SingleAsync(Deadline);
                return row.Description = row.Description.Insert(1, "\"later\":7,");
            },
            Deadline);

        Assert.Equal(ScriptedWorker.Digest, Assert.Single((await Host.GetAsync<Page<CheckpointView>>("/v1/checkpoints", Deadline)).Items).Digest);
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        Assert.Equal(job.Id, (await worker.NextAsync(Deadline)).Attempt.Job);
    }

    [Fact]
    public async Task Image_goes_to_a_worker_that_takes_its_size_and_a_second_pass_counts()
    {
        var small = new ScriptedWorker("small", "cpu", Store) { Speed = 1_000, Says = said => said with { PixelsPerImage = 128 * 128 } };
        var large = new ScriptedWorker("large", "cpu", Store);
        await StartAsync(null, small, large);
        await AnnounceAsync(small);
        await AnnounceAsync(large);

        var wide = await Host.SubmitAsync(new { prompt = "wide", width = 256, height = 72 }, Deadline);
        var twice = await Host.SubmitAsync(new { prompt = "twice", width = 128, height = 128, hires = new { scale = 1.5 } }, Deadline);
        var ordinary = await Host.SubmitAsync(new { prompt = "ordinary", width = 128, height = 128 }, Deadline);

        Assert.Equal(ordinary.Id, (await small.NextAsync(Deadline)).Attempt.Job);
        var got = new[] { (await large.NextAsync(Deadline)).Attempt.Job, (await large.NextAsync(Deadline)).Attempt.Job };
        Assert.Equal(new[] { wide.Id, twice.Id }.Order(), got.Order());
        Assert.Equal((0, 0), (small.Unread, large.Unread));
    }

    [Fact]
    public async Task Job_that_is_too_large_says_what_is_taken_lets_others_pass_and_goes_on_when_a_worker_takes_it()
    {
        var worker = await StartWithWorkerAsync(one => one.Says = said => said with { PixelsPerImage = 128 * 128 });
        var large = await Host.SubmitAsync(new { prompt = "large", images = 3, width = 256, height = 256 }, Deadline);
        Assert.Equal(TooLarge, large.Waiting);

        var small = await Host.SubmitAsync(new { prompt = "small" }, Deadline);
        Assert.Equal(small.Id, (await worker.NextAsync(Deadline)).Attempt.Job);
        Assert.Equal((3, TooLarge), ((await Host.GetAsync<JobView>($"/v1/jobs/{large.Id}", Deadline)).Tasks.Queued, (await Host.GetAsync<JobView>($"/v1/jobs/{large.Id}", Deadline)).Waiting));
        worker.Says = said => said with { PixelsPerImage = 256 * 256 };
        await worker.AnnounceAsync();

        Assert.Equal(large.Id, (await worker.NextAsync(Deadline)).Attempt.Job);
        Assert.Null((await Host.GetAsync<JobView>($"/v1/jobs/{large.Id}", Deadline)).Waiting);
    }

    [Fact]
    public async Task Reproducible_job_waits_beside_a_fast_worker_which_takes_a_fast_one()
    {
        var worker = await StartWithWorkerAsync(one => one.Says = said => said with { Determinism = DeterminismClasses.Fast });

        var waiting = await Host.SubmitAsync(new { prompt = "reproducible" }, Deadline);
        var taken = await Host.SubmitAsync(new { prompt = "fast", determinism = "fast" }, Deadline);

        Assert.Equal("The job is reproducible, and every active worker that holds what it needs and takes its size renders fast jobs alone.", waiting.Waiting);
        Assert.Equal(taken.Id, (await worker.NextAsync(Deadline)).Attempt.Job);
        Assert.Equal(0, worker.Unread);
        Assert.Equal("fast", (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items.Single().Devices.Single().Determinism);
    }
}
