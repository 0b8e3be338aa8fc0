using System.Globalization;
using System.Text.RegularExpressions;
using RenderFarm.Contracts;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Coordinator.Retention;

/// <summary>What the key of an image says: whose it is, and by which run it was made; pure. Also of what lies beside an image under its name.</summary>
/// <param name="Job">The job.</param>
/// <param name="Index">The task.</param>
/// <param name="MadeAt">When the run began, from its id (a UUID of version 7, RFC 9562); null when the id tells no time.</param>
internal sealed partial record ImageKey(JobId Job, int Index, DateTimeOffset? MadeAt)
{
    /// <summary>Prefix of every image.</summary>
    public const string Prefix = "images/";

    /// <summary>Reads a key; null when it is no image's.</summary>
    public static ImageKey? Of(ObjectKey key)
    {
        var parts = Pattern().Match(key.Value);
        if (!parts.Success || !JobId.TryParse(parts.Groups[1].Value, null, out var job)) return null;
        var run = Guid.ParseExact(parts.Groups[3].Value, "N");
        return new ImageKey(job, int.Parse(parts.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture), TimeOf(run));
    }

    private static DateTimeOffset? TimeOf(Guid run)
    {
        if (run.Version != 7) return null;
        var milliseconds = Convert.ToInt64(run.ToString("N")[..12], 16);
        return milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
    }

    // images/job/index-attempt-run, then an extension or the name of something made from it.
    [GeneratedRegex(@"\Aimages/([0-9a-f-]{36})/([0-9]{1,9})-[0-9]{1,9}-([0-9a-f]{32})[.-][a-z0-9.-]+\z")]
    private static partial Regex Pattern();
}
