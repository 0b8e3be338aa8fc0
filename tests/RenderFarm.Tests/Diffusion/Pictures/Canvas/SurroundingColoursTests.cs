using RenderFarm.Diffusion.Pictures.Canvas;
using RenderFarm.Imaging;
using Xunit;
using Drawn = RenderFarm.Tests.Imaging.Pictures;

namespace RenderFarm.Tests.Diffusion.Pictures.Canvas;

public sealed class SurroundingColoursTests
{
    [Fact]
    public void Masked_part_takes_the_colours_around_it_and_the_rest_keeps_its_bytes()
    {
        var image = Drawn.Noisy(64, 64);
        var hole = new PictureBox(20, 20, 24, 24);
        var mask = AMask.Box(64, 64, hole);
        var wounded = image.Pixels.ToArray();
        for (var i = 0; i < wounded.Length; i++) wounded[i] = mask.Pixels[i] > 0 ? (byte)255 : wounded[i];
        var filled = SurroundingColours.Fill(new RgbImage(64, 64, wounded), mask);
        for (var i = 0; i < wounded.Length; i++)
        {
            if (mask.Pixels[i] == 0) Assert.Equal(image.Pixels[i], filled.Pixels[i]);
            else Assert.InRange(Math.Abs(image.Pixels[i] - filled.Pixels[i]), 0, 60);
        }
    }

    [Fact]
    public void Near_colours_win_over_far_ones()
    {
        // Black on the left, white on the right, a hole between: its edges are like their own side.
        var image = AMask.Of(96, 16, (x, _) => x < 48 ? 0 : 255);
        var filled = SurroundingColours.Fill(image, AMask.Box(96, 16, new PictureBox(32, 0, 32, 16)));
        Assert.True(filled.At(33, 8) < 60 && filled.At(62, 8) > 195, $"{filled.At(33, 8)} {filled.At(62, 8)}");
        Assert.InRange(filled.At(48, 8), 100, 155);
    }

    [Fact]
    public void Mask_over_everything_gives_grey() =>
        Assert.All(SurroundingColours.Fill(Drawn.Solid(8, 8, 255, 0, 0), AMask.Of(8, 8, (_, _) => 255)).Pixels, value => Assert.Equal(127, value));
}
