using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.Tests.Imaging;

public sealed class ImageResizeTests
{
    [Theory]
    [InlineData(640, 320, 100, 100, 100, 50)]
    [InlineData(320, 640, 100, 100, 50, 100)]
    [InlineData(2_000, 2, 100, 100, 100, 1)]
    public void Fit_keeps_proportions(int width, int height, int maxWidth, int maxHeight, int expectedWidth, int expectedHeight)
    {
        RgbImage fitted = ImageResize.Fit(Pictures.Noisy(width, height), maxWidth, maxHeight);
        Assert.Equal((expectedWidth, expectedHeight), (fitted.Width, fitted.Height));
    }

    [Fact]
    public void Picture_that_fits_is_left_alone()
    {
        RgbImage image = Pictures.Noisy(64, 48);
        Assert.Same(image, ImageResize.Fit(image, 64, 64));
    }

    [Fact]
    public void Resizing_keeps_a_plain_colour() =>
        Assert.Equal(Pictures.Solid(10, 30, 200, 100, 50).Pixels, ImageResize.Resize(Pictures.Solid(64, 64, 200, 100, 50), 10, 30).Pixels);

    [Fact]
    public void Magnified_pixels_become_squares()
    {
        RgbImage image = Pictures.Noisy(5, 4);
        RgbImage large = ImageResize.Magnify(image, 3);
        Assert.Equal((15, 12), (large.Width, large.Height));
        for (int y = 0; y < 12; y++)
        {
            for (int x = 0; x < 15; x++)
                Assert.Equal(image.At(x / 3, y / 3), large.At(x, y));
        }
    }
}
