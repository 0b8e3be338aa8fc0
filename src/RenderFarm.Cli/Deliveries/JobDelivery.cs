using RenderFarm.Cli.Client;
using RenderFarm.Cli.Files;
using RenderFarm.Cli.Output;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Deliveries;

/// <summary>What came of a job.</summary>
/// <param name="Job">The job, as it ended or as it was last seen.</param>
/// <param name="Images">The files, by index.</param>
/// <param name="Failures">The images that failed, by index.</param>
/// <param name="Elapsed">From the submission on.</param>
internal sealed record Delivery(JobView Job, IReadOnlyCollection<SavedImage> Images, IReadOnlyList<TaskView> Failures, TimeSpan Elapsed);

/// <summary>Follows a job to its end and brings every finished image into a folder as soon as it is there.</summary>
internal sealed class JobDelivery(CliEnvironment environment, FarmClient client, string folder, bool json)
{
    /// <summary>How long a canceled job may take to end before the program leaves it.</summary>
    private static readonly TimeSpan CancelToEnd = TimeSpan.FromSeconds(15);

    /// <summary>Runs a job to its end. When the program is told to stop, the job is canceled and what is finished is kept.</summary>
    public async Task<Delivery> RunAsync(JobView job, CancellationToken stop)
    {
        var startedAt = environment.Clock.GetTimestamp();
        var images = new ImageCollector(client, environment.Files, folder, job);
        await using var display = ProgressDisplay.For(environment, json);
        var follower = new JobFollower(new JobWatch(client, environment.Clock), new RenderProgress(environment.Clock), display);
        try
        {
            job = await follower.FollowAsync(job.Id, images.SaveAsync, stop);
            var failures = await images.SaveRestAsync(stop);
            return new Delivery(job, images.Saved, failures, environment.Clock.GetElapsedTime(startedAt));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            display.Say("canceling; press Ctrl-C again to quit at once");
            using var limit = new CancellationTokenSource(CancelToEnd, environment.Clock);
            job = await EndAsync(job, follower, images, limit.Token);
            return new Delivery(job, images.Saved, [], environment.Clock.GetElapsedTime(startedAt));
        }
    }

    private async Task<JobView> EndAsync(JobView job, JobFollower follower, ImageCollector images, CancellationToken limit)
    {
        try
        {
            job = await client.CancelAsync(job.Id, limit);
            if (!JobStatuses.IsEnded(job.Status)) job = await follower.FollowAsync(job.Id, images.SaveAsync, limit);
            await images.SaveRestAsync(limit);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            environment.Error.WriteLine("The farm did not confirm the cancellation in time.");
        }

        return job;
    }
}
