using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Pictures.Canvas;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Pictures.Canvas;

public sealed class GrownCanvasTests
{
    private static readonly OutpaintMargins Margins = new(2, 1, 0, 3);

    [Fact]
    public void Picture_keeps_its_place_and_its_edge_is_repeated_outwards()
    {
        var image = AMask.Of(4, 4, (x, y) => (16 * y) + x);
        var grown = GrownCanvas.Grow(image, Margins);
        Assert.Equal((6, 8), (grown.Width, grown.Height));
        Assert.Equal([0, 0, 17, 51, 48, 16], [grown.At(0, 0), grown.At(2, 1), grown.At(3, 2), grown.At(5, 7), grown.At(0, 7), grown.At(1, 2)]);
    }

    [Fact]
    public void Mask_is_white_where_the_canvas_is_new_and_its_own_elsewhere()
    {
        var mask = GrownCanvas.GrowMask(AMask.Of(4, 4, (x, _) => x), 4, 4, Margins);
        Assert.Equal([255, 255, 0, 3, 255], [mask.At(0, 4), mask.At(3, 0), mask.At(2, 1), mask.At(5, 4), mask.At(3, 5)]);
    }

    [Fact]
    public void Mask_that_reaches_further_in_does_so_only_beside_margins()
    {
        var mask = GrownCanvas.GrowMask(null, 4, 4, Margins, further: 1);
        Assert.Equal([255, 0, 0, 255, 255], [mask.At(2, 3), mask.At(3, 3), mask.At(5, 3), mask.At(5, 1), mask.At(5, 4)]);
    }
}
