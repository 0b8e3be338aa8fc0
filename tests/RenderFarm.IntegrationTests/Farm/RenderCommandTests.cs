using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using RenderFarm.Testing;
using RenderFarm.Testing.Farm;
using Xunit;

namespace RenderFarm.IntegrationTests.Farm;

/// <summary>The built program, run as a person runs it.</summary>
public sealed class RenderCommandTests : IDisposable
{
    private const string Prompt = "a red circle on a white background";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-render-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Same_recipe_gives_the_same_file_in_another_process_alone_and_as_image_k_of_many()
    {
        var many = await RenderAsync("many", "--images", "4", "--seed", "42");
        var again = await RenderAsync("again", "--images", "4", "--seed", "42");
        var alone = await RenderAsync("alone", "--images", "1", "--seed", "44");
        Assert.Equal(4, many.Count);
        Assert.Equal(many, again);
        Assert.Equal(many[2], Assert.Single(alone));
        Assert.Equal(4, many.Distinct().Count());
    }

    [Fact]
    public async Task Reproduce_finds_its_own_picture_equal_byte_for_byte()
    {
        await RenderAsync("source", "--seed", "7", "--sampler", "euler_a", "--steps", "12", "--negative", "blue");
        var file = Assert.Single(_folder.GetFiles("*.png", SearchOption.AllDirectories));
        var result = await FarmProgram.RunAsync(Cancellation, "reproduce", file.FullName);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("equal", result.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("--steps", "0", "1")]
    [InlineData("--steps", "1001", "1000")]
    [InlineData("--width", "65", "multiple")]
    [InlineData("--sampler", "magic", "dpmpp_2m")]
    [InlineData("--guidance", "NaN", "50")]
    [InlineData("--seed", "4294967296", "4294967295")]
    [InlineData("--images", "0", "1")]
    public async Task Wrong_value_exits_2_with_the_option_and_what_is_allowed(string option, string value, string allowed)
    {
        var result = await FarmProgram.RunAsync(Cancellation, "render", Prompt, option, value, "--out", _folder.FullName);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(option, result.Error, StringComparison.Ordinal);
        Assert.Contains(allowed, result.Error.Replace(",", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.Empty(_folder.GetFileSystemInfos());
    }

    [Fact]
    public async Task Incomplete_checkpoint_exits_2_and_names_the_file()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, "checkpoint"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "model_index.json"), "{}", Cancellation);
        var result = await FarmProgram.RunAsync(Cancellation, "render", Prompt, "--model", folder.FullName, "--out", _folder.FullName);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("scheduler_config.json", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_that_cannot_be_a_folder_is_refused_before_anything_is_rendered()
    {
        var file = Path.Combine(_folder.FullName, "a-file");
        await File.WriteAllTextAsync(file, "", Cancellation);
        var result = await FarmProgram.RunAsync(Cancellation, "render", Prompt, "--out", file);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(file, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Taken_port_exits_2_and_names_it()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";
        var result = await FarmProgram.RunAsync(Cancellation, "serve", "--urls", url, "--data", Path.Combine(_folder.FullName, "data"));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(url, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Second_program_on_one_data_folder_exits_2_and_the_first_goes_on()
    {
        var data = Path.Combine(_folder.FullName, "data");
        await using var server = await FarmServer.StartAsync(data, Cancellation);
        var result = await FarmProgram.RunAsync(Cancellation, "serve", "--urls", "http://127.0.0.1:0", "--data", data);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(data, result.Error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health/ready", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Sweep_writes_a_contact_sheet_beside_its_images()
    {
        var result = await FarmProgram.RunAsync(
            Cancellation, "render", Prompt, "--guidance", "1,4", "--steps", "4,8", "--seed", "3", "--out", _folder.FullName, "--json");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(4, JsonDocument.Parse(result.Output).RootElement.GetProperty("images").GetArrayLength());
        Assert.Equal(5, _folder.GetFiles("*.png").Length);
    }

    /// <summary>SHA-256 of the images in their order.</summary>
    private async Task<IReadOnlyList<string>> RenderAsync(string name, params string[] options)
    {
        var result = await FarmProgram.RunAsync(
            Cancellation, ["render", Prompt, .. options, "--out", Path.Combine(_folder.FullName, name), "--json", "--model", Repository.DemoCheckpoint]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return [.. JsonDocument.Parse(result.Output).RootElement.GetProperty("images").EnumerateArray().Select(image => image.GetProperty("sha256").GetString()!)];
    }
}
