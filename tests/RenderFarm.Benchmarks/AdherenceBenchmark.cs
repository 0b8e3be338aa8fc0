using System.Text.Json;
using RenderFarm.Cli.Embedded;
using RenderFarm.Contracts.Api;
using RenderFarm.Imaging;
using RenderFarm.Testing;
using RenderFarm.Testing.Adherence;
using RenderFarm.Testing.Farm;

namespace RenderFarm.Benchmarks;

/// <summary>
/// The figure of the original Stable Diffusion evaluation on our small checkpoint: 50 PLMS steps at guidance 1.5, 2, 3, 4, 5, 6, 7 and 8, as one job
/// through the farm, with the share of held-out prompts that each scale follows and a labelled sheet.
/// </summary>
internal static class AdherenceBenchmark
{
    private const int SheetRows = 6;
    private static readonly double[] Scales = [1.5, 2, 3, 4, 5, 6, 7, 8];

    public static async Task RunAsync(Results results)
    {
        var prompts = JsonSerializer.Deserialize<List<HeldOutPrompt>>(
            await File.ReadAllTextAsync(Repository.PathTo("tests", "RenderFarm.IntegrationTests", "Farm", "held-out-prompts.json")), JsonSerializerOptions.Web)!;
        await using var farm = await EmbeddedFarm.StartAsync(
            new EmbeddedFarmOptions { CheckpointFolders = [Repository.DemoCheckpoint] }, CancellationToken.None);
        var job = await farm.Client.SubmitAsync(
            new SubmitJob { Prompt = prompts.Select(prompt => prompt.Prompt).ToArray(), Sampler = "plms", Steps = 50, GuidanceScale = Scales, Seed = 11 },
            CancellationToken.None);
        var ended = await farm.Client.EndAsync(job.Id, CancellationToken.None);
        if (ended.Status != "completed") throw new InvalidOperationException($"The job ended {ended.Status}.");

        // Cells are ordered by prompt, then guidance scale.
        var pictures = new RgbImage[prompts.Count][];
        for (var row = 0; row < prompts.Count; row++)
        {
            pictures[row] = new RgbImage[Scales.Length];
            for (var column = 0; column < Scales.Length; column++)
            {
                var file = await farm.Client.GetByteArrayAsync($"/v1/jobs/{job.Id}/images/{(row * Scales.Length) + column}");
                pictures[row][column] = ImageReader.Decode(file, 64 * 64);
            }
        }

        for (var column = 0; column < Scales.Length; column++)
        {
            var right = prompts.Index().Count(entry => AdherenceJudge.Judge(pictures[entry.Index][column], entry.Item).All);
            results.Note($"PLMS, 50 steps, guidance {Scales[column]}: prompts followed, of {prompts.Count}", "%", [100.0 * right / prompts.Count]);
        }

        await DrawAsync(prompts, pictures);
    }

    private static async Task DrawAsync(List<HeldOutPrompt> prompts, RgbImage[][] pictures)
    {
        var sheet = new ContactSheet
        {
            Title = "PLMS, 50 steps",
            Subtitle = "demo checkpoint · seed 11 · held-out prompts",
            ColumnLabels = [.. Scales.Select(scale => $"guidance {scale}")],
            RowLabels = [.. prompts.Take(SheetRows).Select(prompt => prompt.Prompt)],
            Rows = [.. pictures.Take(SheetRows).Select(row => (IReadOnlyList<SheetCell>)[.. row.Select(picture => new SheetCell(picture))])],
        };
        await File.WriteAllBytesAsync(
            Repository.PathTo("tests", "RenderFarm.Benchmarks", "results", "adherence.png"),
            ImageEncoder.Encode(sheet.Draw(), ImageFileFormat.Png, quality: null, ImageTexts.None));
    }
}
