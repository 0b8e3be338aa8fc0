using System.Globalization;

namespace RenderFarm.Cli.Output;

/// <summary>Progress in words.</summary>
internal static class ProgressText
{
    /// <summary>For example <c>3/4  0.8 images/s  ETA 1 s</c>, with failures where there are any.</summary>
    public static string Line(RenderProgress progress)
    {
        var done = progress.Completed + progress.Failed + progress.Canceled;
        var parts = new List<string> { string.Create(CultureInfo.InvariantCulture, $"{done}/{progress.Total}") };
        if (progress.ImagesPerSecond is { } rate) parts.Add(Rate(rate));
        if (progress.Remaining is { } remaining && done < progress.Total) parts.Add("ETA " + Duration(remaining));
        if (progress.Failed > 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{progress.Failed} failed"));
        if (progress.Canceled > 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{progress.Canceled} canceled"));
        return string.Join("  ", parts);
    }

    /// <summary>Images per second, or per minute where that is easier to read.</summary>
    public static string Rate(double imagesPerSecond) => imagesPerSecond switch
    {
        < 0.1 => string.Create(CultureInfo.InvariantCulture, $"{imagesPerSecond * 60:0.0} images/min"),
        < 10 => string.Create(CultureInfo.InvariantCulture, $"{imagesPerSecond:0.0} images/s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{imagesPerSecond:0} images/s"),
    };

    /// <summary>A duration, rounded up to what people read: <c>1 s</c>, <c>2 min 5 s</c>, <c>3 h 20 min</c>, <c>2 d 4 h</c>.</summary>
    public static string Duration(TimeSpan duration)
    {
        var seconds = (long)Math.Ceiling(Math.Max(0, duration.TotalSeconds));
        return seconds switch
        {
            < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds} s"),
            < 3600 => Two(seconds / 60, "min", seconds % 60, "s"),
            < 86400 => Two(seconds / 3600, "h", seconds / 60 % 60, "min"),
            _ => Two(seconds / 86400, "d", seconds / 3600 % 24, "h"),
        };
    }

    private static string Two(long large, string largeUnit, long small, string smallUnit) => small == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{large} {largeUnit}")
        : string.Create(CultureInfo.InvariantCulture, $"{large} {largeUnit} {small} {smallUnit}");
}
