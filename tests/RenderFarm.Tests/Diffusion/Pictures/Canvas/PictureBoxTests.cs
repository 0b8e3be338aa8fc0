using CsCheck;
using RenderFarm.Diffusion.Pictures.Canvas;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Pictures.Canvas;

public sealed class PictureBoxTests
{
    [Fact]
    public void Box_is_what_is_not_black_with_its_padding()
    {
        var mask = AMask.Box(200, 200, new PictureBox(80, 90, 20, 20));
        Assert.Equal(new PictureBox(70, 80, 40, 40), PictureBox.Around(mask, 10, 64, 64));
    }

    [Fact]
    public void Box_takes_the_proportions_it_is_worked_at()
    {
        var mask = AMask.Box(200, 200, new PictureBox(80, 90, 20, 20));
        Assert.Equal(new PictureBox(50, 80, 80, 40), PictureBox.Around(mask, 10, 128, 64));
        Assert.Equal(new PictureBox(70, 60, 40, 80), PictureBox.Around(mask, 10, 64, 128));
    }

    [Fact]
    public void Box_at_a_border_is_shifted_into_the_picture()
    {
        var mask = AMask.Box(200, 100, new PictureBox(0, 95, 20, 5));
        Assert.Equal(new PictureBox(0, 70, 30, 30), PictureBox.Around(mask, 10, 64, 64));
    }

    [Fact]
    public void Picture_too_small_for_the_proportions_is_taken_whole() =>
        Assert.Equal(new PictureBox(0, 0, 30, 100), PictureBox.Around(AMask.Of(30, 100, (_, _) => 1), 0, 64, 64));

    [Fact]
    public void Black_mask_has_no_box() => Assert.Null(PictureBox.Around(AMask.Of(8, 8, (_, _) => 0), 4, 64, 64));

    [Fact]
    public void Every_box_lies_in_the_picture_and_holds_all_that_is_not_black() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 60], Gen.Int[0, 50], Gen.Int[1, 8], Gen.Int[1, 8], Gen.Int[0, 9999]).Sample((width, height, padding, wide, high, seed) =>
        {
            var random = new Random(seed);
            var (x, y) = (random.Next(width), random.Next(height));
            var white = new PictureBox(x, y, random.Next(1, width - x + 1), random.Next(1, height - y + 1));
            var box = PictureBox.Around(AMask.Box(width, height, white), padding, wide * 16, high * 16)!.Value;
            return box.X >= 0 && box.Y >= 0 && box.X + box.Width <= width && box.Y + box.Height <= height
                && box.X <= white.X && box.Y <= white.Y
                && box.X + box.Width >= white.X + white.Width && box.Y + box.Height >= white.Y + white.Height;
        });

    [Fact]
    public void Cut_part_has_the_pixels_of_its_place()
    {
        var part = new PictureBox(3, 2, 4, 5).Cut(AMask.Of(16, 16, (x, y) => (16 * y) + x));
        Assert.Equal((4, 5, 35, 102), (part.Width, part.Height, part.At(0, 0), part.At(3, 4)));
    }
}
