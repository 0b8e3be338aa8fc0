using System.Globalization;
using System.Text.Json;
using RenderFarm.Contracts.Api;
using RenderFarm.Imaging;
using RenderFarm.Testing;
using RenderFarm.Testing.Adherence;
using RenderFarm.Testing.Farm;
using Xunit;

namespace RenderFarm.IntegrationTests.Farm;

/// <summary>Pictures follow their prompts through the whole farm as well as the demo checkpoint's README says.</summary>
public sealed class PromptAdherenceTests(ITestOutputHelper output) : IDisposable
{
    private const int Prompts = 60;

    // README: 95.0 % of these 60 prompts right in background, colour and shape with DPM++ 2M, 25 steps, guidance 4, from other noise; 86 % is the lower
    // end of the 95 % interval of such a sample.
    private const double LowerEnd = 0.86;

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("renderfarm-adherence-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task Held_out_prompts_are_followed_as_well_as_promised()
    {
        var prompts = Read();
        Assert.Equal(Prompts, prompts.Count);
        Assert.All(prompts, prompt => Assert.True(HeldOutPrompts.IsHeldOut(prompt.Colour, prompt.Shape, prompt.Background)));
        await using var server = await FarmServer.StartAsync(_data.FullName, Cancellation);

        // A job each, so that each has noise of its own: one noise for all prompts would make their faults one fault.
        var jobs = await Task.WhenAll(prompts.Index().Select(entry => server.Client.SubmitAsync(
            new SubmitJob { Prompt = entry.Item.Prompt, Seed = 1000 + entry.Index }, Cancellation)));
        var right = 0;
        foreach (var (job, prompt) in jobs.Zip(prompts))
        {
            Assert.Equal("completed", (await server.Client.EndAsync(job.Id, Cancellation)).Status);
            var file = await server.Client.GetByteArrayAsync($"/v1/jobs/{job.Id}/images/0", Cancellation);
            var verdict = AdherenceJudge.Judge(ImageReader.Decode(file, 64 * 64), prompt);
            if (verdict.All) right++;
            else output.WriteLine($"{prompt.Prompt}: saw {verdict.Seen}");
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{right} of {Prompts} right"));
        Assert.True(right >= LowerEnd * Prompts, $"{right} of {Prompts} right");
    }

    /// <summary>heldout_singles(60) of infra/demo-checkpoint/training/evaluate.py: the prompts that the README's figure was measured on.</summary>
    private static List<HeldOutPrompt> Read() => JsonSerializer.Deserialize<List<HeldOutPrompt>>(
        File.ReadAllText(Repository.PathTo("tests", "RenderFarm.IntegrationTests", "Farm", "held-out-prompts.json")),
        JsonSerializerOptions.Web)!;
}
