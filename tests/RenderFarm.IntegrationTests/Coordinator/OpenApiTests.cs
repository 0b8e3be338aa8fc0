using System.Text.Json.Nodes;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator;

public sealed class OpenApiTests : CoordinatorTest
{
    private const string UpdateSwitch = "RENDERFARM_REWRITE_PINNED";

    [Fact]
    public async Task Committed_document_is_what_the_server_serves()
    {
        await StartAsync();
        var path = Path.Combine(RepositoryRoot(), "docs", "openapi.json");

        var served = JsonNode.Parse(await Host.Client.GetStringAsync("/openapi/v1.json", Deadline))!.ToJsonString(new() { WriteIndented = true }) + "\n";

        if (Environment.GetEnvironmentVariable(UpdateSwitch) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, served, Deadline);
        }

        Assert.True(served == await File.ReadAllTextAsync(path, Deadline), $"The API has changed. Run this test with {UpdateSwitch}=1 and review the difference in docs/openapi.json.");
    }

    [Fact]
    public async Task Settings_that_are_swept_over_are_shown_as_a_value_or_a_list()
    {
        await StartAsync();

        var document = JsonNode.Parse(await Host.Client.GetStringAsync("/openapi/v1.json", Deadline))!;

        var text = document["components"]!["schemas"]!["SubmitJob"]!["properties"]!["prompt"]!.ToJsonString();
        var reference = document["components"]!["schemas"]!["OneOrManyOfstring"]?.ToJsonString() ?? text;
        Assert.Contains("oneOf", reference, StringComparison.Ordinal);
        Assert.Contains("array", reference, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reference_page_loads_nothing_from_elsewhere()
    {
        await StartAsync();

        var page = await Host.Client.GetStringAsync("/reference", Deadline);

        Assert.Contains("RenderFarm API", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "RenderFarm.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }
}
