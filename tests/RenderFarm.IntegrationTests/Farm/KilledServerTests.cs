using System.Security.Cryptography;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Imaging;
using RenderFarm.Testing.Farm;
using Xunit;

namespace RenderFarm.IntegrationTests.Farm;

/// <summary>Defends README's promise that every accepted job ends with every image exactly once, also when the power goes.</summary>
public sealed class KilledServerTests : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("renderfarm-killed-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    public async Task Job_goes_on_after_SIGKILL_and_ends_with_every_image_exactly_once(int killAfter)
    {
        const int images = 24;
        JobView job;
        string? lastId = null;
        HashSet<int> before = [];
        await using (var server = await FarmServer.StartAsync(_data.FullName, Cancellation))
        {
            job = await server.Client.SubmitAsync(
                new SubmitJob { Prompt = "a red circle on a white background", Images = images, Seed = 100 }, Cancellation, "the-one");
            await foreach (var item in server.Client.EventsAsync(job.Id, lastEventId: null, Cancellation))
            {
                if (item.EventType != JobEventNames.TaskCompleted) continue;
                lastId = item.EventId;
                before.Add(Ended(item.Data).Task.Index);
                if (before.Count == killAfter) break;
            }

            await server.KillAsync();
        }

        await using var restarted = await FarmServer.StartAsync(_data.FullName, Cancellation);
        var again = await restarted.Client.SubmitAsync(
            new SubmitJob { Prompt = "a red circle on a white background", Images = images, Seed = 100 }, Cancellation, "the-one");
        Assert.Equal(job.Id, again.Id);

        // The stream goes on after the last event seen: none twice, none left out.
        List<int> after = [];
        await foreach (var item in restarted.Client.EventsAsync(job.Id, lastId, Cancellation))
        {
            if (item.EventType == JobEventNames.TaskCompleted) after.Add(Ended(item.Data).Task.Index);
        }

        Assert.Equal(Enumerable.Range(0, images), before.Concat(after).Order());
        await AssertEveryImageOnceAsync(restarted.Client, job.Id, images);
    }

    private static async Task AssertEveryImageOnceAsync(HttpClient farm, JobId id, int images)
    {
        var job = await farm.JobAsync(id, Cancellation);
        Assert.Equal("completed", job.Status);
        Assert.Equal(images, job.Tasks.Completed);
        var tasks = await farm.TasksAsync(id, Cancellation);
        Assert.Equal(Enumerable.Range(0, images), tasks.Select(task => task.Index));
        foreach (var task in tasks)
        {
            var file = await farm.GetByteArrayAsync(task.ImageUrl, Cancellation);
            Assert.Equal(task.Sha256, Convert.ToHexStringLower(SHA256.HashData(file)));
            Assert.Equal(task.Recipe.ToCanonicalJson(), ImageReader.ReadTexts(file).Recipe);
            Assert.Equal(100u + task.Index, task.Recipe.Seed);
        }
    }

    private static TaskEndedEvent Ended(string json) => System.Text.Json.JsonSerializer.Deserialize<TaskEndedEvent>(json, FarmJson.Options)!;
}
