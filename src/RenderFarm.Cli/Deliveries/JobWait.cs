using RenderFarm.Cli.Client;
using RenderFarm.Cli.Files;
using RenderFarm.Cli.Output;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Deliveries;

/// <summary>Follows a job of a remote farm to its end. Stopping the program stops the watching alone: the job goes on.</summary>
internal sealed class JobWait(CliEnvironment environment, FarmClient client)
{
    /// <summary>Returns the exit code: done only when every image was finished.</summary>
    /// <param name="job">The job.</param>
    /// <param name="folder">Where finished images are brought; null for none.</param>
    /// <param name="json">True when standard output belongs to a JSON document.</param>
    /// <param name="stop">Ends the watching.</param>
    public async Task<int> RunAsync(JobView job, string? folder, bool json, CancellationToken stop)
    {
        var images = folder is null ? null : new ImageCollector(client, environment.Files, folder, job);
        await using (var display = ProgressDisplay.For(environment, json))
        {
            try
            {
                var follower = new JobFollower(new JobWatch(client, environment.Clock), new RenderProgress(environment.Clock), display);
                job = await follower.FollowAsync(job.Id, (task, token) => images?.SaveAsync(task, token) ?? Task.CompletedTask, stop);
            }
            catch (OperationCanceledException error) when (stop.IsCancellationRequested)
            {
                throw new CommandException(
                    ExitCodes.Failed, $"stopped watching; job {job.Id} goes on.", $"Come back with: renderfarm watch {job.Id}", error);
            }
        }

        if (images is not null) await images.SaveRestAsync(stop);
        if (!json) JobText.WriteFiles(environment.Out, images?.Saved ?? []);
        if (job.Status == JobStatuses.Completed) return ExitCodes.Done;
        await environment.Error.WriteLineAsync($"error: {JobText.Outcome(job)}");
        foreach (var reason in await JobText.FailuresAsync(client, job, stop)) await environment.Error.WriteLineAsync(reason);
        return ExitCodes.Failed;
    }
}
