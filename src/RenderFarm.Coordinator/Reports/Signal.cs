using RenderFarm.Contracts;

namespace RenderFarm.Coordinator.Reports;

/// <summary>What one coordinator tells the others, as the text of a notification; pure.</summary>
/// <param name="Sender">Who tells it, a word without spaces; everyone ignores their own.</param>
/// <param name="LeaderWanted">Whether the leader's dispatcher should look at the backlog.</param>
/// <param name="Jobs">Jobs that changed; null for any of them.</param>
internal sealed record Signal(string Sender, bool LeaderWanted, IReadOnlyCollection<JobId>? Jobs)
{
    /// <summary>Most jobs named in one signal: the text of a notification is less than 8,000 bytes.</summary>
    public const int MostJobs = 200;

    private const string Anything = "*";

    /// <summary>The signal as text.</summary>
    public override string ToString()
    {
        var jobs = Jobs is null || Jobs.Count > MostJobs ? Anything : string.Join(' ', Jobs.Select(job => job.ToString()));
        return $"{Sender} {(LeaderWanted ? 1 : 0)} {jobs}";
    }

    /// <summary>Reads a signal; null when the text is none of ours.</summary>
    public static Signal? Parse(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || words[1] is not ("0" or "1")) return null;
        if (words is [_, _, Anything]) return new Signal(words[0], words[1] == "1", null);
        var jobs = new List<JobId>();
        foreach (var word in words.Skip(2))
        {
            if (!JobId.TryParse(word, null, out var job)) return null;
            jobs.Add(job);
        }

        return new Signal(words[0], words[1] == "1", jobs);
    }
}
