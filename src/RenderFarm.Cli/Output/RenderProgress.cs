using RenderFarm.Cli.Client;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Output;

/// <summary>
/// How far a job is and how fast it goes, computed from its events. Work is counted in images, running ones by the part of their steps that
/// is done, so the rate is known before the first image is. Pure but for the clock it is given.
/// </summary>
internal sealed class RenderProgress(TimeProvider clock)
{
    /// <summary>The rate is that of the last minute: long jobs change their speed when workers come and go.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Dictionary<int, TaskProgressEvent> running = [];
    private readonly Queue<(long At, double Work)> samples = [];
    private readonly HashSet<int> ended = [];
    private TaskCounts counts = new(0, 0, 0, 0, 0, 0, 0);
    private double? estimateOfFarm;

    /// <summary>Images of the job.</summary>
    public int Total => counts.Total;

    /// <summary>Images finished.</summary>
    public int Completed => counts.Completed;

    /// <summary>Images that failed.</summary>
    public int Failed => counts.Failed;

    /// <summary>Images that were canceled.</summary>
    public int Canceled => counts.Canceled;

    /// <summary>Why nothing moves; null when something does.</summary>
    public string? Waiting { get; private set; }

    /// <summary>Images that ended in any way, running ones by the part that is done: 0…<see cref="Total"/>.</summary>
    public double Work => Ended + running.Values.Sum(progress => progress.Steps > 0 ? Math.Clamp((double)progress.Step / progress.Steps, 0, 1) : 0);

    /// <summary>UNet evaluations done and needed by the image that is furthest; null when none is running.</summary>
    public (int Step, int Steps)? Steps =>
        running.Count == 0 ? null : running.Values.MaxBy(progress => (double)progress.Step / Math.Max(1, progress.Steps)) is { } first ? (first.Step, first.Steps) : null;

    /// <summary>Images per second over the last minute; null before there is anything to measure.</summary>
    public double? ImagesPerSecond
    {
        get
        {
            if (samples.Count == 0) return null;
            var (at, work) = samples.Peek();
            var seconds = clock.GetElapsedTime(at).TotalSeconds;
            return seconds > 0 && Work > work ? (Work - work) / seconds : null;
        }
    }

    /// <summary>Time to the end at this rate; before a rate is known, what the farm estimates; null when neither knows.</summary>
    public TimeSpan? Remaining =>
        Total > 0 && Ended == Total ? TimeSpan.Zero
        : ImagesPerSecond is { } rate ? TimeSpan.FromSeconds(Math.Min((Total - Work) / rate, TimeSpan.FromDays(999).TotalSeconds))
        : estimateOfFarm is { } seconds ? TimeSpan.FromSeconds(seconds)
        : null;

    private int Ended => counts.Completed + counts.Failed + counts.Canceled;

    /// <summary>Takes in the job as it stands.</summary>
    public void Apply(JobView job)
    {
        counts = job.Tasks;
        estimateOfFarm = job.EtaSeconds;
        Waiting = job.Waiting;
        if (Ended == Total) running.Clear();
        Sample();
    }

    /// <summary>Takes in the steps of a running image.</summary>
    public void Apply(TaskProgressEvent progress)
    {
        running[progress.Index] = progress;
        Waiting = null;
        Sample();
    }

    /// <summary>Takes in the end of an image.</summary>
    public void Apply(TaskEndedEvent end)
    {
        running.Remove(end.Task.Index);
        if (ended.Add(end.Task.Index)) counts = Count(end);
        Waiting = null;
        Sample();
    }

    // The farm records ends in batches, so the counts in an event can be ahead of it; people want to see one image after the other.
    private TaskCounts Count(TaskEndedEvent end)
    {
        var now = end.Tasks;
        return now with
        {
            Completed = Math.Min(counts.Completed + One(JobStatuses.Completed), now.Completed),
            Failed = Math.Min(counts.Failed + One(JobStatuses.Failed), now.Failed),
            Canceled = Math.Min(counts.Canceled + One(JobStatuses.Canceled), now.Canceled),
        };

        int One(string status) => end.Task.Status == status ? 1 : 0;
    }

    private void Sample()
    {
        samples.Enqueue((clock.GetTimestamp(), Work));
        while (samples.Count > 2 && clock.GetElapsedTime(samples.Peek().At) > Window) samples.Dequeue();
    }
}
