using System.Diagnostics.Metrics;

namespace RenderFarm.Diffusion.Engine;

/// <summary>What the engine tells about its turns, for whoever listens to the meter <c>RenderFarm.Diffusion</c>; without a listener it costs nothing.</summary>
internal static class EngineMeter
{
    private static readonly Meter Meter = new("RenderFarm.Diffusion");
    private static readonly InstrumentAdvice<int> Bounds = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 128] };
    private static readonly Histogram<int> Rows = Meter.CreateHistogram("renderfarm.unet.rows", null, "Rows of one UNet call.", null, Bounds);
    private static readonly Histogram<int> Images = Meter.CreateHistogram("renderfarm.unet.images", null, "Images that share one UNet call.", null, Bounds);

    /// <summary>A UNet call succeeded.</summary>
    /// <param name="images">Images in it.</param>
    /// <param name="rows">Rows in it: two for an image under guidance.</param>
    public static void Called(int images, int rows)
    {
        Images.Record(images);
        Rows.Record(rows);
    }
}
