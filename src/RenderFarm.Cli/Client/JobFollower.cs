using RenderFarm.Cli.Output;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Client;

/// <summary>Follows a job to its end: shows how far it is and hands over each image as it is finished.</summary>
internal sealed class JobFollower(JobWatch watch, RenderProgress progress, IProgressDisplay display)
{
    /// <summary>Returns the job as it ended.</summary>
    /// <param name="job">The job.</param>
    /// <param name="completed">Called for every image whose end was seen, in that order; it may be called twice for one image, and never for
    /// images that were finished before the watch began.</param>
    /// <param name="cancellationToken">Stops following; the job goes on.</param>
    public async Task<JobView> FollowAsync(JobId job, Func<TaskView, CancellationToken, Task> completed, CancellationToken cancellationToken)
    {
        await foreach (var happened in watch.ReadAsync(job, cancellationToken))
        {
            switch (happened)
            {
                case JobSeen seen:
                    progress.Apply(seen.Job);
                    display.Update(progress);
                    break;
                case StepsDone steps:
                    progress.Apply(steps.Progress);
                    display.Update(progress);
                    break;
                case TaskEnded { End: var end }:
                    if (end.Task.Status == JobStatuses.Completed) await completed(end.Task, cancellationToken);
                    progress.Apply(end);
                    display.ImageEnded(progress);
                    break;
                case JobEnded ended:
                    progress.Apply(ended.Job);
                    display.Update(progress);
                    return ended.Job;
            }
        }

        throw new InvalidOperationException("A watch ended without the end of its job.");
    }
}
