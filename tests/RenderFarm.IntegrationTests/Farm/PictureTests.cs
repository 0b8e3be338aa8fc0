using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Pictures;
using RenderFarm.Imaging;
using RenderFarm.Testing;
using RenderFarm.Testing.Farm;
using RenderFarm.Testing.Imaging;
using RenderFarm.Testing.Onnx.Networks;
using Xunit;

namespace RenderFarm.IntegrationTests.Farm;

/// <summary>Pictures through the built program and the demo checkpoint: command line, interface and library make the same images of them.</summary>
public sealed class PictureTests : IDisposable
{
    private const string Prompt = "a blue circle on a white background";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-pictures-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Command_line_interface_and_library_repaint_a_picture_to_the_same_pixels()
    {
        var disc = APicture.RedDisc();
        var request = new GenerationRequest { Prompt = Prompt, Seed = 5, Steps = 10, InitialImage = disc, Strength = 0.5 };
        var file = Write("disc.png", disc);

        var shown = await RenderAsync("--init-image", file, "--strength", "0.5", "--steps", "10", "--seed", "5");
        var served = await ThroughTheInterfaceAsync(disc, digest => new SubmitJob
        {
            Prompt = Prompt,
            Seed = 5,
            Steps = 10,
            InitImage = digest,
            Strength = 0.5,
        });

        Assert.Equal(await File.ReadAllBytesAsync(shown, Cancellation), served);
        Assert.Equal((await GenerateAsync(request)).Pixels, Pixels(served));
        Assert.Contains("Denoising strength: 0.5", ImageReader.ReadTexts(served).Parameters, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Picture_carried_in_the_request_is_the_same_as_one_sent_before()
    {
        var disc = APicture.RedDisc();
        var sent = await ThroughTheInterfaceAsync(disc, digest => new SubmitJob { Prompt = Prompt, Seed = 5, Steps = 4, InitImage = digest });
        var carried = await ThroughTheInterfaceAsync(disc, _ => new SubmitJob { Prompt = Prompt, Seed = 5, Steps = 4, InitImage = disc.ToDataUrl() });
        Assert.Equal(sent, carried);
    }

    [Fact]
    public async Task Inpainting_outpainting_and_a_second_pass_are_what_the_library_makes()
    {
        var (disc, mask) = (APicture.RedDisc(), APicture.Mask());
        var (image, where) = (Write("disc.png", disc), Write("mask.png", mask));
        string[] common = ["--steps", "6", "--seed", "5"];
        var request = new GenerationRequest { Prompt = Prompt, Seed = 5, Steps = 6 };

        var inpainted = await RenderAsync(["--init-image", image, "--mask", where, "--mask-blur", "2", "--inpaint-fill", "noise", .. common]);
        var outpainted = await RenderAsync(["--init-image", image, "--outpaint", "16,0,16,32", .. common]);
        var enlarged = await RenderAsync(["--hires-scale", "1.5", "--hires-upscaler", "lanczos", "--hires-steps", "4", "--hires-strength", "0.5", .. common]);

        await SameAsync(inpainted, request with { InitialImage = disc, Mask = mask, MaskBlur = 2, InpaintFill = "noise" });
        await SameAsync(outpainted, request with { InitialImage = disc, Outpaint = new(16, 0, 16, 32), Width = 96, Height = 96 });
        await SameAsync(enlarged, request with { HiresScale = 1.5, HiresUpscaler = "lanczos", HiresSteps = 4, HiresStrength = 0.5 });
    }

    [Fact]
    public async Task Reproduce_finds_an_image_made_from_a_picture_equal_and_asks_for_the_picture_when_it_is_not_there()
    {
        var file = Write("disc.png", APicture.RedDisc());
        var image = await RenderAsync("--init-image", file, "--strength", "0.6", "--steps", "5", "--seed", "5");

        var without = await FarmProgram.RunAsync(Cancellation, "reproduce", image);
        var with = await FarmProgram.RunAsync(Cancellation, "reproduce", image, "--init-image", file);
        var other = await FarmProgram.RunAsync(Cancellation, "reproduce", image, "--init-image", Write("other.png", APicture.Mask()));

        Assert.Equal(1, without.ExitCode);
        Assert.Contains("--init-image", without.Error, StringComparison.Ordinal);
        Assert.Equal((0, ""), (with.ExitCode, with.Error));
        Assert.Contains("byte for byte", with.Output, StringComparison.Ordinal);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains(PictureDigest.Of(APicture.RedDisc()), other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upscaler_named_on_the_command_line_makes_what_the_library_makes_and_reproduce_finds_it_equal_where_the_file_is()
    {
        var upscalers = _folder.CreateSubdirectory("upscalers").FullName;
        UpscalerNetwork.Random(2).Save(Path.Combine(upscalers, "tiny.onnx"));
        string[] options = ["--upscalers", upscalers, "--hires-scale", "1.5", "--hires-upscaler", "tiny", "--steps", "4", "--seed", "5"];

        var image = await RenderAsync([.. options, "--hires-strength", "0.5", "--data", Path.Combine(_folder.FullName, "data")]);

        var request = new GenerationRequest { Prompt = Prompt, Seed = 5, Steps = 4, HiresScale = 1.5, HiresUpscaler = "tiny", HiresStrength = 0.5 };
        using (var pipeline = StableDiffusionPipeline.Load(Checkpoint.Open(Repository.DemoCheckpoint), new PipelineOptions { UpscalerFolder = upscalers }))
            Assert.Equal((await pipeline.GenerateAsync(request, cancellation: Cancellation)).Image.Pixels, Pixels(await File.ReadAllBytesAsync(image, Cancellation)));
        var digest = UpscalerFile.ReadFolder(upscalers).Single().Digest;
        Assert.Contains($"\"upscaler\":\"{digest}\"", ImageReader.ReadTexts(await File.ReadAllBytesAsync(image, Cancellation)).Recipe, StringComparison.Ordinal);

        var equal = await FarmProgram.RunAsync(Cancellation, "reproduce", image, "--upscalers", upscalers);
        Assert.Equal((0, ""), (equal.ExitCode, equal.Error));
        Assert.Contains("byte for byte", equal.Output, StringComparison.Ordinal);
        var without = await FarmProgram.RunAsync(Cancellation, "reproduce", image);
        Assert.Equal(1, without.ExitCode);
        Assert.Contains("--upscalers", without.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upscaling_checkpoint_makes_a_picture_larger_as_the_library_does_and_reproduce_finds_it_equal()
    {
        var model = DemoWithUNet.Write(Path.Combine(_folder.FullName, "x8"), 7, labelled: true);
        var small = APicture.RedDisc(16, 16);
        var file = Write("small.png", small);

        var image = await RenderAsync("--model", model, "--init-image", file, "--upscale-noise-level", "40", "--steps", "4", "--seed", "5");

        using (var pipeline = StableDiffusionPipeline.Load(Checkpoint.Open(model)))
        {
            var request = new GenerationRequest { Prompt = Prompt, Seed = 5, Steps = 4, InitialImage = small, UpscaleNoiseLevel = 40 };
            Assert.Equal((await pipeline.GenerateAsync(request, cancellation: Cancellation)).Image.Pixels, Pixels(await File.ReadAllBytesAsync(image, Cancellation)));
        }

        var again = await FarmProgram.RunAsync(Cancellation, "reproduce", image, "--model", model, "--init-image", file);
        Assert.Equal("", again.Error);
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("byte for byte", again.Output, StringComparison.Ordinal);
        var without = await FarmProgram.RunAsync(Cancellation, "render", Prompt, "--model", model, "--out", Out);
        Assert.NotEqual(0, without.ExitCode);
        Assert.Contains("--init-image: A picture, because the checkpoint", without.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upscaler_that_is_unknown_or_cannot_be_offered_is_named_with_the_option_that_is_wrong()
    {
        var upscalers = _folder.CreateSubdirectory("upscalers").FullName;
        UpscalerNetwork.Random(2).Save(Path.Combine(upscalers, "tiny.onnx"));
        var unknown = await FarmProgram.RunAsync(Cancellation, "render", Prompt, "--upscalers", upscalers, "--hires-scale", "2", "--hires-upscaler", "huge", "--out", Out);
        await File.WriteAllTextAsync(Path.Combine(upscalers, "page.onnx"), "404", Cancellation);
        var damaged = await FarmProgram.RunAsync(Cancellation, "render", Prompt, "--upscalers", upscalers, "--out", Out);

        Assert.Contains("--hires-upscaler 'huge': One of latent, lanczos, tiny, or the digest of an upscaler.", unknown.Error, StringComparison.Ordinal);
        Assert.NotEqual(0, damaged.ExitCode);
        Assert.Contains("page.onnx", damaged.Error, StringComparison.Ordinal);
        Assert.Contains("--upscalers", damaged.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strengths_make_a_sweep_with_a_contact_sheet()
    {
        var result = await FarmProgram.RunAsync(
            Cancellation, "render", Prompt, "--init-image", Write("disc.png", APicture.RedDisc()), "--strength", "0,0.5,1", "--steps", "4", "--seed", "5", "--out", Out);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(4, Directory.GetFiles(Out, "*.png").Length);
        Assert.Single(Directory.GetFiles(Out, "*-sheet.png"));
    }

    [Theory]
    [InlineData("--init-image", "nowhere.png", "cannot be read")]
    [InlineData("--init-image", "text.png", "not a PNG, JPEG or WebP picture")]
    [InlineData("--init-image", "forged.png", "30000×30000")]
    public async Task Picture_that_cannot_be_used_exits_2_with_the_option_and_what_is_allowed(string option, string name, string wrong)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "text.png"), "I am a picture.", Cancellation);
        await File.WriteAllBytesAsync(Path.Combine(_folder.FullName, "forged.png"), APicture.Forged(30_000, 30_000), Cancellation);
        var result = await FarmProgram.RunAsync(Cancellation, "render", Prompt, option, Path.Combine(_folder.FullName, name), "--out", Out);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(option, result.Error, StringComparison.Ordinal);
        Assert.Contains(wrong, result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.Exists(Out) ? Directory.GetFiles(Out) : []);
    }

    private string Out => Path.Combine(_folder.FullName, "out");

    private string Write(string name, RgbImage image)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, image.ToPng());
        return path;
    }

    /// <summary>The one file that a command line makes.</summary>
    private async Task<string> RenderAsync(params string[] options)
    {
        var result = await FarmProgram.RunAsync(Cancellation, ["render", Prompt, .. options, "--out", Out, "--json"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return JsonDocument.Parse(result.Output).RootElement.GetProperty("images")[0].GetProperty("file").GetString()!;
    }

    private async Task<byte[]> ThroughTheInterfaceAsync(RgbImage picture, Func<string, SubmitJob> job)
    {
        await using var server = await FarmServer.StartAsync(Path.Combine(_folder.FullName, "data"), Cancellation);
        using var content = new ByteArrayContent(picture.ToPng()) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };
        using var answer = await server.Client.PostAsync("/v1/inputs", content, Cancellation);
        var view = (await answer.Content.ReadFromJsonAsync<InputView>(FarmJson.Options, Cancellation))!;
        var submitted = await server.Client.SubmitAsync(job(view.Digest), Cancellation);
        Assert.Equal("completed", (await server.Client.EndAsync(submitted.Id, Cancellation)).Status);
        return await server.Client.GetByteArrayAsync($"/v1/jobs/{submitted.Id}/images/0", Cancellation);
    }

    private static async Task SameAsync(string file, GenerationRequest request)
    {
        var expected = await GenerateAsync(request);
        var made = ImageReader.Decode(await File.ReadAllBytesAsync(file, Cancellation), RenderLimits.MaxInputPixels);
        Assert.Equal((expected.Width, expected.Height), (made.Width, made.Height));
        Assert.Equal(expected.Pixels, made.Pixels);
    }

    private static async Task<RgbImage> GenerateAsync(GenerationRequest request)
    {
        using var pipeline = StableDiffusionPipeline.Load(Checkpoint.Open(Repository.DemoCheckpoint));
        return (await pipeline.GenerateAsync(request, cancellation: Cancellation)).Image;
    }

    private static byte[] Pixels(byte[] file) => ImageReader.Decode(file, RenderLimits.MaxInputPixels).Pixels;
}
