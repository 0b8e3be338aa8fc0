using RenderFarm.Diffusion;
using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.ModelTests.Pictures;

/// <summary>Softened masks, masked parts, fills and outpainting through the demo checkpoint's whole pipeline.</summary>
public sealed class PaintingTests(DemoPipeline demo) : IClassFixture<DemoPipeline>
{
    private static readonly GenerationRequest Circle = new() { Prompt = "a red circle on a white background", Seed = 42, Steps = 10 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("whole")]
    [InlineData("masked")]
    public async Task Kept_pixels_have_the_bytes_of_the_picture(string area)
    {
        var picture = (await Render(Circle)).Image;
        var request = Painted(picture) with { InpaintArea = area, MaskBlur = 2, InpaintPadding = 4 };
        var painted = (await Render(request)).Image;
        Assert.Equal(0, Differing(picture, painted, x => x >= 32 + 5));
        Assert.True(Differing(picture, painted, x => x < 32 - 5) > 500);
    }

    [Fact]
    public async Task Masked_part_of_a_large_picture_is_painted_and_the_rest_of_it_kept()
    {
        var picture = LanczosResampling.Resize((await Render(Circle)).Image, 200, 120);
        var mask = Mask(200, 120, (x, y) => x is >= 90 and < 130 && y is >= 40 and < 80);
        var painted = (await Render(Circle with { InitialImage = picture, Mask = mask, InpaintArea = "masked", Prompt = "a green square", Strength = 1 })).Image;
        Assert.Equal((200, 120), (painted.Width, painted.Height));
        Assert.Equal(0, Differing(picture, painted, x => x is < 80 or >= 140));
        Assert.True(Differing(picture, painted, x => x is >= 90 and < 130) > 500);
    }

    [Fact]
    public async Task Each_fill_begins_elsewhere_and_none_touches_what_is_kept()
    {
        var picture = (await Render(Circle)).Image;
        var painted = new List<RgbImage>();
        foreach (var fill in new[] { "original", "fill", "noise", "nothing" })
            painted.Add((await Render(Painted(picture) with { InpaintFill = fill, MaskBlur = 1, Strength = 0.6 })).Image);
        Assert.Equal(4, painted.Select(image => Convert.ToBase64String(image.Pixels)).Distinct().Count());
        Assert.All(painted, image => Assert.Equal(0, Differing(picture, image, x => x >= 40)));
    }

    [Fact]
    public async Task Outpainting_grows_the_canvas_around_the_picture()
    {
        var picture = (await Render(Circle)).Image;
        var grown = (await Render(Circle with { InitialImage = picture, Outpaint = new(32, 0, 0, 0), MaskBlur = 1, Strength = 0.1 })).Image;
        Assert.Equal((96, 64), (grown.Width, grown.Height));
        var kept = 0;
        for (var y = 0; y < 64; y++)
        {
            for (var x = 40; x < 96; x++) kept += grown.Pixels.AsSpan(((y * 96) + x) * 3, 3).SequenceEqual(picture.Pixels.AsSpan(((y * 64) + x - 32) * 3, 3)) ? 1 : 0;
        }

        Assert.Equal(56 * 64, kept);
    }

    [Fact]
    public async Task Strength_of_an_outpainted_picture_holds_for_its_mask_alone()
    {
        var picture = (await Render(Circle)).Image;
        var request = Circle with { InitialImage = picture, Outpaint = new(16, 0, 0, 0), MaskBlur = 1, Prompt = "a blue square" };
        var mask = Mask(64, 64, (x, _) => x >= 32);
        var (weak, strong) = (await Render(request with { Mask = mask, Strength = 0.2 }), await Render(request with { Mask = mask, Strength = 1 }));
        var (little, much) = (Changed(picture, weak.Image), Changed(picture, strong.Image));
        Assert.True(little < much, FormattableString.Invariant($"{little:F1} against {much:F1} grey values"));

        // Mean change of the masked half of the old picture.
        static double Changed(RgbImage before, RgbImage after) => Enumerable.Range(0, 64 * 64).Where(i => i % 64 >= 40)
            .Average(i => Math.Abs(before.Pixels[3 * i] - after.Pixels[3 * ((i / 64 * 80) + (i % 64) + 16)]));
    }

    [Fact]
    public async Task Pictures_alone_are_pictures_in_a_mix()
    {
        var picture = (await Render(Circle)).Image;
        GenerationRequest[] requests =
        [
            Painted(picture) with { InpaintArea = "masked", InpaintFill = "noise" },
            Painted(picture) with { InpaintFill = "fill", Sampler = "euler_a" },
            Circle with { InitialImage = picture, Outpaint = new(16, 16, 16, 16), Seed = 5 },
            Circle,
        ];
        var alone = new List<byte[]>();
        foreach (var request in requests) alone.Add((await Render(request)).Image.Pixels);
        Assert.Equal(alone, (await Task.WhenAll(requests.Select(Render))).Select(result => result.Image.Pixels));
    }

    private static GenerationRequest Painted(RgbImage picture) => Circle with
    {
        InitialImage = picture,
        Mask = Mask(picture.Width, picture.Height, (x, _) => x < picture.Width / 2),
        Prompt = "a green square on a black background",
        Strength = 1,
        Seed = 3,
    };

    private Task<GenerationResult> Render(GenerationRequest request) => demo.Pipeline.GenerateAsync(request, cancellation: Cancellation);

    private static RgbImage Mask(int width, int height, Func<int, int, bool> white)
    {
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = white(i / 3 % width, i / 3 / width) ? (byte)255 : (byte)0;
        return new RgbImage(width, height, pixels);
    }

    /// <summary>Bytes that differ within some columns.</summary>
    private static int Differing(RgbImage a, RgbImage b, Func<int, bool> columns) =>
        Enumerable.Range(0, a.Pixels.Length).Count(i => columns(i / 3 % a.Width) && a.Pixels[i] != b.Pixels[i]);
}
