using RenderFarm.Cli;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Tests.Cli.Testing;
using RenderFarm.Tests.Contracts;
using Xunit;

namespace RenderFarm.Tests.Cli.Commands;

/// <summary>Pictures on their way from files to a farm.</summary>
public sealed class PictureCommandTests : IAsyncLifetime
{
    private static readonly string Digest = "sha256:" + new string('d', 64);
    private static readonly string Other = "sha256:" + new string('e', 64);
    private CliHarness cli = null!;

    public async ValueTask InitializeAsync()
    {
        cli = await CliHarness.StartAsync();
        new SampleJob(images: 1).Script(cli.Farm);
        Answer(Digest, Other);
    }

    public ValueTask DisposeAsync() => cli.DisposeAsync();

    [Fact]
    public async Task Files_are_sent_first_and_named_in_the_job_by_their_digests()
    {
        var (image, mask) = (Write("photo.png", "a photo"), Write("mask.png", "a mask"));

        Assert.Equal(ExitCodes.Done, await RenderAsync("a cat", "--init-image", image, "--mask", mask, "--strength", "0.5"));

        Assert.Equal(["a photo", "a mask"], cli.Farm.Of("POST", "/v1/inputs").Select(request => request.Body));
        Assert.Equal(
            $$"""{"prompt":"a cat","init_image":"{{Digest}}","strength":0.5,"mask":"{{Other}}"}""", cli.Farm.Of("POST", "/v1/jobs").Single().Body);
    }

    [Fact]
    public async Task Digest_is_passed_on_as_it_is()
    {
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync("submit", "a cat", "--init-image", Digest));
        Assert.Empty(cli.Farm.Of("POST", "/v1/inputs"));
        Assert.Equal($$"""{"prompt":"a cat","init_image":"{{Digest}}"}""", cli.Farm.Of("POST", "/v1/jobs").Single().Body);
    }

    [Fact]
    public async Task File_that_cannot_be_read_is_wrong_use_before_a_farm_is_started()
    {
        Assert.Equal(ExitCodes.WrongUse, await RenderAsync("a cat", "--init-image", cli.Folder.At("nowhere.png")));
        Assert.StartsWith($"error: --init-image '{cli.Folder.At("nowhere.png")}' cannot be read: ", cli.ErrorLines[0], StringComparison.Ordinal);
        Assert.Empty(cli.Started);
    }

    [Fact]
    public async Task File_above_the_limit_is_wrong_use_before_a_farm_is_started()
    {
        using (var large = File.Create(cli.Folder.At("large.png"))) large.SetLength(RenderLimits.MaxInputBytes + 1);
        Assert.Equal(ExitCodes.WrongUse, await RenderAsync("a cat", "--mask", cli.Folder.At("large.png")));
        Assert.Equal($"error: --mask '{cli.Folder.At("large.png")}' has 20,971,521 bytes: allowed are up to 20,971,520.", cli.ErrorLines[0]);
        Assert.Empty(cli.Started);
    }

    [Fact]
    public async Task File_that_the_farm_does_not_take_is_named_with_its_option_and_no_job_is_submitted()
    {
        cli.Farm.On("POST", "/v1/inputs", ScriptedFarm.Problem(
            422, ProblemCodes.InputNotUsable, "A picture cannot be used.", new FieldError("body", null, "The file is no picture. Allowed is a PNG.")));
        var image = Write("photo.png", "no photo");
        Assert.Equal(ExitCodes.WrongUse, await RenderAsync("a cat", "--init-image", image));
        Assert.Equal($"error: --init-image '{image}': The file is no picture. Allowed is a PNG.", cli.ErrorLines[0]);
        Assert.Empty(cli.Farm.Of("POST", "/v1/jobs"));
    }

    [Fact]
    public async Task Push_prints_a_digest_for_each_file()
    {
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync("inputs", "push", Write("a.png", "a"), Write("b.png", "b")));
        Assert.Equal([Digest, Other], cli.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Push_reads_every_file_before_it_sends_one()
    {
        Assert.Equal(ExitCodes.WrongUse, await cli.RunOnServerAsync("inputs", "push", Write("a.png", "a"), cli.Folder.At("nowhere.png")));
        Assert.Empty(cli.Farm.Of("POST", "/v1/inputs"));
    }

    [Fact]
    public async Task Push_as_JSON_gives_sizes_too()
    {
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync("inputs", "push", Write("a.png", "a"), "--json"));
        Assert.Equal($$"""[{"digest":"{{Digest}}","width":64,"height":48,"size_bytes":1}]""", string.Concat(cli.Out.Where(letter => !char.IsWhiteSpace(letter))));
    }

    [Fact]
    public async Task Reproduce_asks_for_the_same_pictures_when_the_farm_has_them()
    {
        cli.Farm.On("HEAD", $"/v1/inputs/{Digest}", ScriptedFarm.Bytes([]));
        cli.Farm.On("HEAD", $"/v1/inputs/{Other}", ScriptedFarm.Bytes([]));
        await cli.RunOnServerAsync("reproduce", Original(Painted));
        var body = cli.Farm.Of("POST", "/v1/jobs").Single().Body;
        Assert.Contains(
            $$""","init_image":"{{Digest}}","strength":0.75,"mask":"{{Other}}","mask_blur":0,"inpaint_area":"masked","inpaint_padding":32,"inpaint_fill":"noise",""",
            body, StringComparison.Ordinal);
        Assert.Empty(cli.Farm.Of("POST", "/v1/inputs"));
    }

    [Fact]
    public async Task Reproduce_asks_for_the_same_second_pass_and_margins()
    {
        cli.Farm.On("HEAD", $"/v1/inputs/{Digest}", ScriptedFarm.Bytes([]));
        await cli.RunOnServerAsync("reproduce", Original(Sample.Recipe with { InitImage = Digest, Outpaint = new OutpaintMargins { Left = 8 } }));
        await cli.RunOnServerAsync("reproduce", Original(Sample.Recipe with { Hires = new HiresPass { Scale = 2, Upscaler = "latent", Steps = 5, Strength = 0.7 } }));
        Assert.Equal(2, cli.Farm.Of("POST", "/v1/jobs").Count);
        Assert.Contains(""","strength":0.75,"mask_blur":4,"inpaint_fill":"original","outpaint":{"left":8,"top":0,"right":0,"bottom":0},""", cli.Farm.Of("POST", "/v1/jobs")[0].Body, StringComparison.Ordinal);
        Assert.Contains(""","hires":{"scale":2,"upscaler":"latent","steps":5,"strength":0.7},""", cli.Farm.Of("POST", "/v1/jobs")[1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reproduce_asks_for_the_same_upscaler_and_names_the_option_that_brings_it_where_it_is_missing()
    {
        var enlarged = Original(Sample.Recipe with { Hires = new HiresPass { Scale = 2, Upscaler = Digest, Steps = 5, Strength = 0.7 } });
        var worker = new WorkerView("alpha", "active", [], Sample.Time);
        cli.Farm.On("GET", "/v1/workers", ScriptedFarm.Json(new Page<WorkerView>([worker], null)));
        Assert.Equal(ExitCodes.Failed, await cli.RunOnServerAsync("reproduce", enlarged));
        Assert.Contains($"was enlarged with the upscaler {Digest}; here there is none.", cli.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains("--upscalers", cli.ErrorLines[1], StringComparison.Ordinal);
        Assert.Empty(cli.Farm.Of("POST", "/v1/jobs"));

        cli.Farm.On("GET", "/v1/workers", ScriptedFarm.Json(new Page<WorkerView>([worker with { Upscalers = [new UpscalerDescription("4x", Digest)] }], null)));
        await cli.RunOnServerAsync("reproduce", enlarged);
        Assert.Contains($$""","hires":{"scale":2,"upscaler":"{{Digest}}","steps":5,"strength":0.7},""", cli.Farm.Of("POST", "/v1/jobs").Single().Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reproduce_asks_for_the_same_noise_level_and_for_no_strength_where_a_picture_was_enlarged()
    {
        cli.Farm.On("HEAD", $"/v1/inputs/{Digest}", ScriptedFarm.Bytes([]));
        await cli.RunOnServerAsync("reproduce", Original(Sample.Recipe with { InitImage = Digest, UpscaleNoiseLevel = 20 }));
        Assert.Contains($$""","init_image":"{{Digest}}","upscale_noise_level":20,""", cli.Farm.Of("POST", "/v1/jobs").Single().Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reproduce_names_the_picture_that_is_missing_and_the_option_that_brings_it()
    {
        Assert.Equal(ExitCodes.Failed, await cli.RunOnServerAsync("reproduce", Original(Painted)));
        Assert.Contains($"was made from a picture to begin from that the farm does not hold: {Digest}.", cli.ErrorLines[0], StringComparison.Ordinal);
        Assert.Equal("Name its file with --init-image.", cli.ErrorLines[1]);
        Assert.Empty(cli.Farm.Of("POST", "/v1/jobs"));
    }

    [Fact]
    public async Task Reproduce_sends_the_pictures_it_is_given()
    {
        await cli.RunAsync("reproduce", Original(Painted), "--init-image", Write("photo.png", "a photo"), "--mask", Write("mask.png", "a mask"));
        Assert.Equal(["a photo", "a mask"], cli.Farm.Of("POST", "/v1/inputs").Select(request => request.Body));
        Assert.Single(cli.Farm.Of("POST", "/v1/jobs"));
    }

    [Fact]
    public async Task Reproduce_refuses_other_pixels_than_the_recipe_names()
    {
        Answer(Other);
        var image = Write("photo.png", "another photo");
        Assert.Equal(ExitCodes.WrongUse, await cli.RunOnServerAsync("reproduce", Original(Painted), "--init-image", image));
        Assert.Contains($"--init-image '{image}' has the digest {Other}; ", cli.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains($"was made from {Digest}.", cli.ErrorLines[0], StringComparison.Ordinal);
        Assert.Empty(cli.Farm.Of("POST", "/v1/jobs"));
    }

    [Fact]
    public async Task Reproduce_refuses_a_picture_that_the_image_was_made_without()
    {
        Assert.Equal(ExitCodes.WrongUse, await cli.RunOnServerAsync("reproduce", Original(Sample.Recipe), "--init-image", Write("photo.png", "a photo")));
        Assert.Contains("was made without a picture to begin from.", cli.ErrorLines[0], StringComparison.Ordinal);
    }

    private static Recipe Painted => Sample.Recipe with
    {
        InitImage = Digest,
        Mask = Other,
        MaskBlur = 0,
        InpaintArea = InpaintAreas.Masked,
        InpaintFill = InpaintFills.Noise,
    };

    private void Answer(params string[] digests) =>
        cli.Farm.On("POST", "/v1/inputs", [.. digests.Select(digest => ScriptedFarm.Json(new InputView(digest, 64, 48, 1), 201))]);

    private string Original(Recipe recipe) => Write("original", $"{recipe.ToCanonicalJson()}\n{Sample.Profile}");

    private string Write(string name, string content)
    {
        File.WriteAllText(cli.Folder.At(name), content);
        return cli.Folder.At(name);
    }

    private Task<int> RenderAsync(params string[] args) => cli.RunAsync(["render", .. args, "--out", cli.Folder.Path]);
}
