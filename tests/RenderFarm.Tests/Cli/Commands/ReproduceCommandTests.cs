using System.Text;
using RenderFarm.Cli;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Tests.Cli.Testing;
using RenderFarm.Tests.Contracts;
using Xunit;

namespace RenderFarm.Tests.Cli.Commands;

public sealed class ReproduceCommandTests : IAsyncLifetime
{
    private static readonly Recipe Original = Sample.Recipe with { Prompt = "a cat" };
    private CliHarness cli = null!;

    public async ValueTask InitializeAsync()
    {
        cli = await CliHarness.StartAsync();
        new SampleJob(images: 1).Script(cli.Farm);
    }

    public ValueTask DisposeAsync() => cli.DisposeAsync();

    [Fact]
    public async Task Equal_file_is_done_and_every_setting_was_given_explicitly()
    {
        var file = Write(Original, Sample.Profile);
        cli.Farm.On("GET", SampleJob.Path + "/images/0", ScriptedFarm.Bytes(File.ReadAllBytes(file)));
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync("reproduce", file));
        Assert.StartsWith($"equal: {file} was rendered again byte for byte", cli.Out, StringComparison.Ordinal);
        Assert.Equal(
            $$"""{"model":"{{Sample.Checkpoint}}","prompt":"a cat","negative_prompt":"blurry","prompt_syntax":"a1111","clip_skip":1,"images":1,"seed":4294967295,"variation_strength":0,"width":64,"height":72,"steps":25,"sampler":"ddim","noise_schedule":"uniform","timestep_spacing":"leading","eta":0.5,"guidance_scale":7.5,"guidance_rescale":0,"guidance_start":0,"guidance_end":1,"noise_source":"torch_cpu","determinism":"reproducible","format":"webp"}""",
            cli.Farm.Of("POST", "/v1/jobs").Single().Body);
    }

    [Fact]
    public async Task Features_of_the_recipe_are_asked_for_again()
    {
        var file = Write(
            Original with { PromptSyntax = PromptSyntaxes.Plain, ClipSkip = 2, VariationSeed = 9, VariationStrength = 0.3, GuidanceStart = 0.2, GuidanceEnd = 0.8, GuidanceRescale = 0.7 },
            Sample.Profile);
        await cli.RunOnServerAsync("reproduce", file);
        var body = cli.Farm.Of("POST", "/v1/jobs").Single().Body;
        Assert.Contains("\"prompt_syntax\":\"plain\",\"clip_skip\":2", body, StringComparison.Ordinal);
        Assert.Contains("\"variation_seed\":9,\"variation_strength\":0.3", body, StringComparison.Ordinal);
        Assert.Contains("\"guidance_rescale\":0.7,\"guidance_start\":0.2,\"guidance_end\":0.8", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Different_profile_is_named_with_how_close_the_picture_is()
    {
        Assert.Equal(ExitCodes.Failed, await cli.RunAsync("reproduce", Write(Original, "onnxruntime 1.31.1/cuda/sm_90/1")));
        Assert.Contains("41.3 dB", cli.Out, StringComparison.Ordinal);
        Assert.Contains($"The execution profiles differ: onnxruntime 1.31.1/cuda/sm_90/1 then, {Sample.Profile} now.", cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Difference_on_the_same_profile_is_said_to_be_one_that_should_not_be()
    {
        Assert.Equal(ExitCodes.Failed, await cli.RunAsync("reproduce", Write(Original, Sample.Profile)));
        Assert.Contains("where files should be equal", cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoint_that_is_not_here_is_named()
    {
        var other = "sha256:" + new string('a', 64);
        Assert.Equal(ExitCodes.Failed, await cli.RunAsync("reproduce", Write(Original with { Checkpoint = other }, Sample.Profile)));
        Assert.Contains($"was rendered with checkpoint {other}; here there is demo ({Sample.Checkpoint}).", cli.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains("--model", cli.ErrorLines[1], StringComparison.Ordinal);
        Assert.Empty(cli.Farm.Of("POST", "/v1/jobs"));
    }

    [Fact]
    public async Task File_without_a_recipe_is_wrong_use()
    {
        File.WriteAllText(cli.Folder.At("plain.png"), "no recipe");
        Assert.Equal(ExitCodes.WrongUse, await cli.RunAsync("reproduce", cli.Folder.At("plain.png")));
        Assert.Contains("holds no recipe", cli.ErrorLines[0], StringComparison.Ordinal);
        Assert.Empty(cli.Started);
    }

    [Theory]
    [InlineData("missing.png")]
    [InlineData(".")]
    public async Task File_that_cannot_be_read_is_wrong_use(string name)
    {
        Assert.Equal(ExitCodes.WrongUse, await cli.RunAsync("reproduce", cli.Folder.At(name)));
        Assert.StartsWith("error: IMAGE '", cli.ErrorLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_recipe_is_wrong_use()
    {
        File.WriteAllText(cli.Folder.At("bad.png"), "{\"schema\":9}");
        Assert.Equal(ExitCodes.WrongUse, await cli.RunAsync("reproduce", cli.Folder.At("bad.png")));
    }

    private string Write(Recipe recipe, string profile)
    {
        var path = cli.Folder.At("original");
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes($"{recipe.ToCanonicalJson()}\n{profile}"));
        return path;
    }
}
