using System.Globalization;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Files;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Output;

/// <summary>Jobs in words.</summary>
internal static class JobText
{
    private const int MaxReasons = 10;

    /// <summary>For example <c>job 0198… is failed: 3 of 4 images completed, 1 failed</c>.</summary>
    public static string Outcome(JobView job)
    {
        var counts = job.Tasks;
        var parts = new List<string> { string.Create(CultureInfo.InvariantCulture, $"{counts.Completed} of {counts.Total} images completed") };
        Add(counts.Running + counts.Dispatched, "running");
        Add(counts.Queued, "queued");
        Add(counts.Failed, "failed");
        Add(counts.Canceled, "canceled");
        return $"job {job.Id} is {job.Status}{(job.Paused ? " and paused" : "")}: {string.Join(", ", parts)}";

        void Add(int count, string status)
        {
            if (count > 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {status}"));
        }
    }

    /// <summary>Why images failed: one line for each reason, with how often it was given.</summary>
    public static async Task<IReadOnlyList<string>> FailuresAsync(FarmClient client, JobView job, CancellationToken cancellationToken)
    {
        if (job.Tasks.Failed == 0) return [];
        var reasons = new Dictionary<string, int>();
        await foreach (var task in client.ListTasksAsync(job.Id, JobStatuses.Failed, cancellationToken))
        {
            var reason = task.Failure is { } failure ? $"{failure.Code}: {failure.Detail}" : "no reason recorded";
            reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
        }

        return [.. reasons.OrderByDescending(reason => reason.Value).Take(MaxReasons).Select(reason => $"{reason.Value} × {reason.Key}")];
    }

    /// <summary>Lists files with their seeds.</summary>
    public static void WriteFiles(TextWriter writer, IEnumerable<SavedImage> images)
    {
        foreach (var image in images) writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{image.File}  seed {image.Task.Recipe.Seed}"));
    }
}
