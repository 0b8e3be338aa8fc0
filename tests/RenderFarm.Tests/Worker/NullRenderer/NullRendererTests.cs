using Microsoft.Extensions.Options;
using RenderFarm.Diffusion;
using RenderFarm.Imaging;
using RenderFarm.Worker;
using RenderFarm.Worker.Devices;
using RenderFarm.Worker.NullRenderer;
using Xunit;

namespace RenderFarm.Tests.Worker.NullRenderer;

public sealed class NullRendererTests
{
    [Theory]
    [InlineData(5_000)]
    [InlineData(300_000)]
    public async Task Picture_of_nothing_is_a_readable_PNG_of_the_size_asked_for_and_always_the_same(int bytes)
    {
        var files = new PaddedImageFiles(Options.Create(new WorkerOptions { NullImageBytes = bytes }));
        using var pipeline = new NullPipeline(2, TimeSpan.Zero, TimeProvider.System);
        var texts = new ImageTexts { Recipe = "{}", Parameters = "nothing", Profile = "null" };
        var first = await pipeline.GenerateAsync(new GenerationRequest { Prompt = "a", Seed = 1 }, null, TestContext.Current.CancellationToken);
        var file = files.Encode(first.Image, ImageFileFormat.Png, null, texts);
        Assert.Equal(bytes, file.Length);
        Assert.Equal(first.Image.Pixels.ToArray(), ImageReader.Decode(file, 100).Pixels.ToArray());
        Assert.Equal("{}", ImageReader.ReadTexts(file).Recipe);
        Assert.Equal(file, files.Encode(first.Image, ImageFileFormat.Png, null, texts));

        var other = await pipeline.GenerateAsync(new GenerationRequest { Prompt = "a", Seed = 2 }, null, TestContext.Current.CancellationToken);
        Assert.NotEqual(first.Image.Pixels.ToArray(), other.Image.Pixels.ToArray());
    }

    [Fact]
    public void Device_announces_the_profile_that_its_pictures_of_nothing_name()
    {
        using var pipeline = new NullPipeline(2, TimeSpan.Zero, TimeProvider.System);

        Assert.Equal(
            SettingsMapping.ToProfile(pipeline.Environment).ToString(),
            DeviceTraits.Of(new WorkerOptions { Renderer = WorkerOptions.NullRenderer }, "cpu").Profile);
    }

    [Fact]
    public void Size_below_that_of_the_texts_leaves_the_file_as_it_is()
    {
        var files = new PaddedImageFiles(Options.Create(new WorkerOptions { NullImageBytes = 10 }));
        var image = new RgbImage(8, 8, new byte[8 * 8 * 3]);
        Assert.Equal(ImageEncoder.Encode(image, ImageFileFormat.Png, null, ImageTexts.None), files.Encode(image, ImageFileFormat.Png, null, ImageTexts.None));
    }
}
