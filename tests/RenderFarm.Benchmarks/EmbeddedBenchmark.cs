using System.Diagnostics;
using System.Net.Http.Json;
using RenderFarm.Cli.Embedded;
using RenderFarm.Contracts.Api;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Testing;

namespace RenderFarm.Benchmarks;

/// <summary>What the farm costs: the same images through the whole embedded farm (HTTP, record, bus, PNG, store, events) and through a bare pipeline.</summary>
internal static class EmbeddedBenchmark
{
    private const int Images = 32;

    public static async Task RunAsync(Results results)
    {
        using var pipeline = StableDiffusionPipeline.Load(Checkpoint.Open(Repository.DemoCheckpoint));
        await using var farm = await EmbeddedFarm.StartAsync(
            new EmbeddedFarmOptions { CheckpointFolders = [Repository.DemoCheckpoint] }, CancellationToken.None);
        await PipelineAsync(pipeline);
        await FarmAsync(farm.Client);
        List<double> ratios = [], rates = [];
        for (var pair = 0; pair < results.Pairs; pair++)
        {
            var bare = pair % 2 == 0 ? await PipelineAsync(pipeline) : default;
            var whole = await FarmAsync(farm.Client);
            if (pair % 2 == 1) bare = await PipelineAsync(pipeline);
            ratios.Add(bare / whole);
            rates.Add(Images / whole.TotalSeconds);
        }

        results.AtLeast("embedded farm ÷ bare pipeline loop, images/s", "ratio", ratios, 0.95);
        results.Note("embedded farm, demo checkpoint", "images/s", rates);
    }

    private static async Task<TimeSpan> PipelineAsync(StableDiffusionPipeline pipeline)
    {
        var clock = Stopwatch.GetTimestamp();
        await pipeline.GenerateManyAsync(new GenerationRequest { Prompt = "a red circle on a white background", Seed = 42 }, Images);
        return Stopwatch.GetElapsedTime(clock);
    }

    private static async Task<TimeSpan> FarmAsync(HttpClient farm)
    {
        var clock = Stopwatch.GetTimestamp();
        var response = await farm.PostAsJsonAsync(
            "/v1/jobs", new SubmitJob { Prompt = "a red circle on a white background", Seed = 42, Images = Images }, FarmJson.Options);
        response.EnsureSuccessStatusCode();
        var job = (await response.Content.ReadFromJsonAsync<JobView>(FarmJson.Options))!;

        // The stream ends with the job: reading it to the end is what a client that waits does.
        await using var events = await farm.GetStreamAsync($"/v1/jobs/{job.Id}/events");
        await events.CopyToAsync(Stream.Null);
        var elapsed = Stopwatch.GetElapsedTime(clock);
        var ended = (await farm.GetFromJsonAsync<JobView>($"/v1/jobs/{job.Id}", FarmJson.Options))!;
        return ended.Tasks.Completed == Images ? elapsed : throw new InvalidOperationException($"The job ended {ended.Status}: {ended.Tasks}.");
    }
}
