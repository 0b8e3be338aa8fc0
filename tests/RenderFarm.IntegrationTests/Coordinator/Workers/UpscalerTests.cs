using System.Net;
using System.Net.Http.Json;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Workers;

/// <summary>Second passes that name an upscaler: the name becomes a digest, and only workers that hold the file are given the images.</summary>
public class UpscalerTests : CoordinatorTest
{
    private static readonly UpscalerDescription Sharp = new("4x-sharp", "sha256:" + new string('5', 64));
    private static readonly UpscalerDescription Soft = new("2x soft", "sha256:" + new string('6', 64));

    [Fact]
    public async Task Name_becomes_the_digest_in_the_recipe_and_only_a_worker_that_holds_it_gets_the_image()
    {
        var plain = new ScriptedWorker("plain", "cpu", Store) { Speed = 1_000 };
        var able = new ScriptedWorker("able", "cpu", Store) { Upscalers = [Soft, Sharp] };
        await StartAsync(null, plain, able);
        await AnnounceAsync(plain);
        await AnnounceAsync(able);

        var job = await Host.SubmitAsync(new { prompt = "x", hires = new { scale = 2, upscaler = "4x-sharp" } }, Deadline);
        var byDigest = await Host.SubmitAsync(new { prompt = "x", hires = new { scale = 2, upscaler = Soft.Digest } }, Deadline);

        Assert.Equal((Sharp.Digest, Soft.Digest), (job.Sweep.Hires!.Upscaler, byDigest.Sweep.Hires!.Upscaler));
        var recipes = new[] { (await able.NextAsync(Deadline)).Recipe, (await able.NextAsync(Deadline)).Recipe };
        Assert.Equal([Sharp.Digest, Soft.Digest], recipes.Select(recipe => recipe.Hires!.Upscaler).Order());
        Assert.Equal(0, plain.Unread);
        var workers = (await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items;
        Assert.Equal([Soft, Sharp], workers.Single(worker => worker.Name == "able").Upscalers!);
        Assert.Null(workers.Single(worker => worker.Name == "plain").Upscalers);
    }

    [Fact]
    public async Task Job_whose_upscaler_no_active_worker_holds_waits_and_says_so_until_someone_brings_it()
    {
        var plain = new ScriptedWorker("plain", "cpu", Store);
        var able = new ScriptedWorker("able", "cpu", Store) { Upscalers = [Sharp] };
        await StartAsync(null, plain, able);
        await AnnounceAsync(plain);
        await AnnounceAsync(able);
        await able.LeaveAsync();
        await UntilAsync<Page<WorkerView>>("/v1/workers", page => page.Items.Any(worker => worker.Status == "left"));

        var job = await Host.SubmitAsync(new { prompt = "x", hires = new { scale = 2, upscaler = "4x-sharp" } }, Deadline);

        Assert.Equal($"No active worker holds the upscaler {Sharp.Digest}.", job.Waiting);
        // Who left comes back as a new process.
        able.Incarnation = Guid.NewGuid();
        await AnnounceAsync(able);
        Assert.Equal(job.Id, (await able.NextAsync(Deadline)).Attempt.Job);
        Assert.Equal(0, plain.Unread);
    }

    [Fact]
    public async Task Unknown_upscaler_is_answered_with_the_field_and_the_known_names()
    {
        await StartWithWorkerAsync(one => one.Upscalers = [Sharp, Soft]);

        using var answer = await Host.Client.PostAsJsonAsync("/v1/jobs", new { prompt = "x", hires = new { scale = 2, upscaler = "../4x-sharp" } }, Deadline);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var error = Assert.Single((await answer.Content.ReadFromJsonAsync<Problem>(FarmJson.Options, Deadline))!.Errors);
        Assert.Equal(("hires.upscaler", "../4x-sharp", "One of latent, lanczos, 2x soft, 4x-sharp, or the digest of an upscaler."), (error.Field, error.Value, error.Detail));
    }
}
