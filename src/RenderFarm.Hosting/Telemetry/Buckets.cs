using System.Diagnostics.Metrics;

namespace RenderFarm.Hosting.Telemetry;

/// <summary>Bounds of histograms, chosen by what is measured: the default ones of most libraries are meant for milliseconds.</summary>
public static class Buckets
{
    /// <summary>1 ms…10 min, for waits and renders.</summary>
    public static InstrumentAdvice<double> Seconds { get; } = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600],
    };

    /// <summary>1…4,096 in powers of two, for batches.</summary>
    public static InstrumentAdvice<int> Counts { get; } = new()
    {
        HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096],
    };
}
