using CsCheck;
using RenderFarm.Diffusion.Pictures.Canvas;
using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Pictures.Canvas;

public sealed class SoftMaskTests
{
    [Fact]
    public void Sigma_0_leaves_the_mask_as_it_is()
    {
        var mask = AMask.Of(9, 5, (x, y) => x * y);
        Assert.Same(mask, SoftMask.Blur(mask, 0));
    }

    [Fact]
    public void Plain_masks_stay_as_they_are() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 64], Gen.Byte).Sample((width, height, sigma, grey) =>
            SoftMask.Blur(AMask.Of(width, height, (_, _) => grey), sigma).Pixels.All(value => value == grey));

    [Fact]
    public void Edge_becomes_the_normal_distribution()
    {
        // An edge in the middle of 64 columns, σ = 4: Φ(±0.5/4) = 0.5497 and 0.4503 beside it, Φ(4.5/4) = 0.8697.
        var soft = SoftMask.Blur(AMask.Of(64, 3, (x, _) => x < 32 ? 0 : 255), 4);
        Assert.InRange(soft.At(31, 1), 114, 116);
        Assert.InRange(soft.At(32, 1), 139, 141);
        Assert.InRange(soft.At(36, 1), 221, 223);
    }

    [Fact]
    public void Nothing_beyond_two_and_a_half_sigma_changes()
    {
        var soft = SoftMask.Blur(AMask.Of(64, 3, (x, _) => x < 32 ? 0 : 255), 4);
        Assert.Equal([0, 255], [soft.At(21, 1), soft.At(42, 1)]);
        Assert.True(soft.At(23, 1) > 0);
    }

    [Fact]
    public void Borders_are_mirrored_without_their_last_pixel()
    {
        // One white column at the border: mirrored, the columns 1 and −1 are alike, so that column 0 sees it once.
        var soft = SoftMask.Blur(AMask.Of(32, 1, (x, _) => x == 0 ? 255 : 0), 1);
        var inside = SoftMask.Blur(AMask.Of(32, 1, (x, _) => x == 16 ? 255 : 0), 1);
        Assert.Equal(inside.At(16, 0), soft.At(0, 0));
    }

    [Fact]
    public void Colours_count_as_bright_as_they_look()
    {
        var grey = SoftMask.ToGrey(new RgbImage(1, 1, [0, 255, 0]));
        Assert.Equal<byte>([150, 150, 150], grey.Pixels);
    }
}
