namespace RenderFarm.Benchmarks.Schedule;

/// <summary>Latency percentiles of a policy at a rate, and the highest rate that a bound allows.</summary>
internal static class RateSearch
{
    /// <summary>Latencies in seconds, sorted, of those images that a condition admits.</summary>
    public static double[] Latencies(this IPolicy policy, Device device, Arrivals arrivals, double rate, Func<SimulatedImage, bool>? only = null)
    {
        var images = arrivals.At(rate);
        policy.Run(images, device);
        return [.. images.Where(only ?? (_ => true)).Select(image => image.Latency).Order()];
    }

    /// <summary>The highest rate, images a second, whose 99th percentile stays within the device's bound; to 0.5 %.</summary>
    public static double HighestRate(this IPolicy policy, Device device, Arrivals arrivals)
    {
        var (low, high) = (0.0, 1 / device.Cost(1) / 4);
        while (high - low > 0.005 * high)
        {
            var rate = (low + high) / 2;
            if (Percentile(policy.Latencies(device, arrivals, rate), 0.99) <= device.Bound) low = rate;
            else high = rate;
        }

        return low;
    }

    /// <summary>Value below which a share of sorted values lies.</summary>
    public static double Percentile(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
}
