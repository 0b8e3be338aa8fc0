using CsCheck;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Pictures;
using RenderFarm.Diffusion.Pictures.Canvas;
using RenderFarm.Imaging;
using RenderFarm.Testing;
using RenderFarm.Tests.Diffusion.Pictures.Canvas;
using Xunit;
using Drawn = RenderFarm.Tests.Imaging.Pictures;

namespace RenderFarm.Tests.Diffusion.Pictures;

/// <summary>What is painted, and what of it comes back: here what "was painted" is a plain colour.</summary>
public sealed class PictureToPaintTests
{
    private static readonly Checkpoint Demo = Checkpoint.Open(Repository.DemoCheckpoint);

    [Fact]
    public void Text_alone_has_no_picture() => Assert.Null(Make(new GenerationRequest { Prompt = "a" }));

    [Fact]
    public void Mask_without_blur_is_taken_as_it_is_and_all_pixels_are_the_painted_ones()
    {
        var painted = Drawn.Solid(64, 64, 1, 2, 3);
        var picture = Make(Request(64, 64, AMask.Box(64, 64, new(8, 8, 16, 16))) with { MaskBlur = 0 })!;
        Assert.False(picture.HasHardCells);
        Assert.Same(painted, picture.Finish(painted));
    }

    [Fact]
    public void Whatever_the_softened_mask_leaves_black_keeps_every_byte() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[0, 63], Gen.Int[0, 63], Gen.Int[1, 40], Gen.Bool, Gen.Int[0, 99]).Sample((blur, x, y, side, area, seed) =>
        {
            var mask = AMask.Box(64, 64, new(x, y, side, side));
            var request = Request(64, 64, mask, seed) with { MaskBlur = blur, InpaintArea = area ? "masked" : "whole", InpaintPadding = 4 };
            var soft = SoftMask.Blur(mask, blur);
            if (area && soft.Pixels.All(value => value == 0)) return true;
            var result = Make(request)!.Finish(Drawn.Solid(64, 64, 255, 0, 255));
            for (var i = 0; i < result.Pixels.Length; i++)
            {
                var (was, isNow, share) = (request.InitialImage!.Pixels[i], result.Pixels[i], soft.Pixels[i]);
                if (share == 0 && isNow != was) return false;
                if (share == 255 && isNow != (i % 3 == 1 ? 0 : 255)) return false;
            }

            return true;
        }, iter: 200);

    [Fact]
    public void Masked_part_is_worked_at_the_requested_size_and_put_back_into_a_picture_of_any_size()
    {
        var picture = Make(Request(300, 200, AMask.Box(300, 200, new(100, 100, 20, 20))) with { InpaintArea = "masked", InpaintPadding = 6, MaskBlur = 0 })!;
        Assert.Equal((64, 64), (picture.Canvas.Width, picture.Mask!.Width));
        var result = picture.Finish(Drawn.Solid(64, 64, 255, 255, 255));
        Assert.Equal((300, 200), (result.Width, result.Height));
        Assert.Equal((255, 255, 255), Drawn.At(result, 110, 110));
    }

    [Fact]
    public void Black_mask_with_only_its_part_to_paint_is_refused()
    {
        var error = Assert.Throws<GenerationException>(() => Make(Request(64, 64, AMask.Of(64, 64, (_, _) => 0)) with { InpaintArea = "masked" }));
        Assert.Equal((GenerationError.BadRequest, "mask is all black after mask_blur 4; allowed: some white, because inpaint_area is masked."), (error.Error, error.Message));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Grown_picture_keeps_its_bytes_away_from_the_seam_and_takes_the_painted_ones_where_it_is_new(int blur)
    {
        var request = Request(64, 64, null) with { Outpaint = new(16, 0, 16, 32), MaskBlur = blur };
        var result = Make(request)!.Finish(Drawn.Solid(96, 96, 255, 0, 255));
        var reach = blur == 0 ? 0 : (2 * blur) + (int)((2.5 * blur) + 0.5);
        for (var y = 0; y < 96; y++)
        {
            for (var x = 0; x < 96; x++)
            {
                if (x < 16 || x >= 80 || y >= 64) Assert.Equal((255, 0, 255), Drawn.At(result, x, y));
                else if (x >= 16 + reach && x < 80 - reach && y < 64 - reach) Assert.Equal(Drawn.At(request.InitialImage!, x - 16, y), Drawn.At(result, x, y));
            }
        }
    }

    [Fact]
    public void Fill_changes_what_the_encoder_sees_and_not_what_comes_back()
    {
        var mask = AMask.Box(64, 64, new(8, 8, 16, 16));
        var picture = Make(Request(64, 64, mask) with { InpaintFill = "fill" })!;
        Assert.NotEqual(picture.Unfilled.Pixels, picture.Canvas.Pixels);
        var result = picture.Finish(Drawn.Solid(64, 64, 0, 0, 0));
        Assert.Equal(Drawn.At(picture.Unfilled, 60, 60), Drawn.At(result, 60, 60));
    }

    private static GenerationRequest Request(int width, int height, RgbImage? mask, int seed = 1) =>
        new() { Prompt = "a", InitialImage = Drawn.Noisy(width, height, seed), Mask = mask };

    private static PictureToPaint? Make(GenerationRequest request) => PictureToPaint.From(request, GenerationSettings.From(request, Demo));
}
