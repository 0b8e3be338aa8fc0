using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Jobs.Planning;

namespace RenderFarm.Coordinator.Jobs.Views;

/// <summary>Rows of the record as the API shows them.</summary>
internal static class JobViews
{
    /// <summary>A job.</summary>
    public static JobView Of(RenderJob job, SweepView sweep, JobOutlook outlook) => new()
    {
        Id = job.Id,
        Status = job.Status,
        Label = job.Label,
        Model = job.Model,
        Checkpoint = job.Checkpoint,
        Priority = job.Priority,
        Format = job.Format,
        Tasks = Counts(job),
        Sweep = sweep,
        Profile = job.Profile,
        CreatedAt = job.CreatedAt,
        StartedAt = job.StartedAt,
        EndedAt = job.EndedAt,
        DeleteAfter = job.DeleteAfter,
        Paused = job.PausedAt is not null && !JobStatuses.IsEnded(job.Status),
        EtaSeconds = outlook.EtaSeconds(job),
        Waiting = outlook.WhyWaiting(job),
    };

    /// <summary>Tasks of a job by status.</summary>
    public static TaskCounts Counts(RenderJob job) => new(
        job.TasksTotal, job.TasksQueued, job.TasksDispatched, job.TasksRunning, job.TasksCompleted, job.TasksFailed, job.TasksCanceled);

    /// <summary>A task.</summary>
    public static TaskView Of(RenderTask task, JobPlanner planner)
    {
        var recipe = planner.RecipeAt(task.Index);
        return new TaskView
        {
            Index = task.Index,
            Status = task.Status,
            Recipe = recipe,
            RecipeId = recipe.Id(),
            Attempts = task.Charged,
            Worker = task.Worker,
            ImageUrl = task.Status == TaskStatuses.Completed ? $"/v1/jobs/{task.Job}/images/{task.Index}" : null,
            Sha256 = task.Sha256,
            SizeBytes = task.SizeBytes,
            RenderSeconds = task.RenderMs / 1000.0,
            Profile = task.Profile,
            SafetyFlag = task.SafetyFlag,
            SafetyScore = task.SafetyScore,
            Failure = task.FailureCode is null ? null : new FailureView(task.FailureCode, task.FailureDetail ?? ""),
            EndedAt = task.EndedAt,
        };
    }
}
