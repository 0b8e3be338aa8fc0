using RenderFarm.Diffusion.Denoising;
using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Denoising;

public sealed class InpaintingTests
{
    [Fact]
    public void White_of_a_mask_is_repainted_and_black_kept()
    {
        // A mask of 16×8 pixels over a latent of 2×1 cells in two channels: the left cell white, the right one black.
        var mask = Mask(16, 8, (x, _) => x < 8 ? (byte)255 : (byte)0);
        Assert.Equal([0, 1, 0, 1], Inpainting.Keep(mask, new LatentShape(2, 1, 2)));
    }

    [Fact]
    public void Cell_takes_the_pixel_at_its_middle_as_Pillow_s_nearest_does()
    {
        var mask = Mask(16, 16, (x, y) => x == 12 && y == 4 ? (byte)255 : (byte)0);
        Assert.Equal([1, 0, 1, 1], Inpainting.Keep(mask, new LatentShape(1, 2, 2)));
    }

    [Fact]
    public void Grey_is_partly_kept_and_colours_count_as_bright_as_they_look()
    {
        Assert.Equal([1 - (51 / 255f)], Inpainting.Keep(Mask(8, 8, (_, _) => 51), new LatentShape(1, 1, 1)));
        // ITU-R 601: pure green has the grey value 150.
        Assert.Equal([1 - (150 / 255f)], Inpainting.Keep(new RgbImage(1, 1, [0, 255, 0]), new LatentShape(1, 1, 1)));
    }

    [Fact]
    public void Hard_cell_is_repainted_from_half_white_on()
    {
        Assert.Equal([1], Inpainting.Keep(Mask(8, 8, (_, _) => 127), new LatentShape(1, 1, 1), hard: true));
        Assert.Equal([0], Inpainting.Keep(Mask(8, 8, (_, _) => 128), new LatentShape(1, 1, 1), hard: true));
    }

    private static RgbImage Mask(int width, int height, Func<int, int, byte> grey)
    {
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = grey(i / 3 % width, i / 3 / width);
        return new RgbImage(width, height, pixels);
    }
}
