using System.Net.Http.Json;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Testing;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Testing.Farm;
using Xunit;

namespace RenderFarm.IntegrationTests.Checkpoints;

/// <summary>A worker of fast pipelines, with the engine: fast jobs are its work, and reproducible ones wait for somebody else.</summary>
public sealed class FastWorkerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Fast_worker_renders_fast_jobs_on_a_profile_of_their_own_and_no_reproducible_one()
    {
        await using var farm = await RemoteFarm.StartAsync(_folder.Path, worker => worker.Determinism = DeterminismClasses.Fast);
        await farm.RunAsync("models", "push", Repository.DemoCheckpoint, "--name", "demo");
        var request = new SubmitJob { Model = "demo", Prompt = "a red circle", Seed = 3, Steps = 2 };
        var reproducible = await farm.Client.SubmitAsync(request, Cancellation);

        var fast = await farm.Client.SubmitAsync(request with { Determinism = DeterminismClasses.Fast }, Cancellation);

        Assert.Equal("completed", (await farm.Client.EndAsync(fast.Id, Cancellation)).Status);
        Assert.Contains("-fast", Assert.Single(await farm.Client.TasksAsync(fast.Id, Cancellation)).Profile, StringComparison.Ordinal);
        var waiting = (await farm.Client.GetFromJsonAsync<JobView>($"/v1/jobs/{reproducible.Id}", FarmJson.Options, Cancellation))!;
        Assert.Equal(
            (1, "The job is reproducible, and every active worker that holds what it needs and takes its size renders fast jobs alone."),
            (waiting.Tasks.Queued, waiting.Waiting));
    }
}
