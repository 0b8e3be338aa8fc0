using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Trailing;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Jobs.Trailing;

public sealed class TrailingTasksTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);

    [Fact]
    public void Canceled_job_counts_every_open_task_as_canceled_and_numbers_their_ends_by_index()
    {
        var (job, tasks) = Job("completed", "failed", "running", "dispatched", "queued");

        job.Cancel(Now);

        Assert.Equal(("canceled", 0, 0, 0, 1, 1, 3), (job.Status, job.TasksQueued, job.TasksDispatched, job.TasksRunning, job.TasksCompleted, job.TasksFailed, job.TasksCanceled));
        Assert.Equal((job.Cost, 3L, 8L, Now), (job.CostEnded, job.CanceledSeq, job.EndSeq, job.EndedAt));
        Assert.Equal("canceled", tasks[4].StatusIn(job));
        foreach (var task in tasks) task.CatchUp(job);
        Assert.Equal(["completed", "failed", "running", "dispatched", "canceled"], tasks.Select(task => task.Status));
        Assert.Equal((7L, Now), (tasks[4].EndedSeq, tasks[4].EndedAt));
        foreach (var task in tasks[2..4]) task.Cancel(job);
        Assert.Equal([5L, 6L], tasks[2..4].Select(task => task.EndedSeq!.Value));
        Assert.All(tasks, task => Assert.Null(task.LeaseExpiresAt));
    }

    [Fact]
    public void Retried_job_counts_failed_tasks_as_queued_and_those_that_fail_later_as_failed()
    {
        var (job, tasks) = Job("failed", "failed", "running");
        var ended = job.CostEnded;

        job.Retry(cost: 2);

        Assert.Equal(("active", 2, 0, ended - 2, 2L), (job.Status, job.TasksQueued, job.TasksFailed, job.CostEnded, job.RetriedSeq));
        tasks[2].GiveUp(job, "bad_recipe", "No.", Now);
        Assert.False(job.RollUp(Now));
        Assert.Equal(["queued", "queued", "failed"], tasks.Select(task => task.StatusIn(job)));
        foreach (var task in tasks) task.CatchUp(job);
        Assert.Equal(["queued", "queued", "failed"], tasks.Select(task => task.Status));
        Assert.Equal((0, null, null, null), (tasks[0].Charged, tasks[0].EndedAt, tasks[0].EndedSeq, tasks[0].FailureCode));
        Assert.Equal((2, 1), (job.TasksQueued, job.TasksFailed));
    }

    [Fact]
    public void Retried_row_has_all_its_attempts_and_refusals_again()
    {
        var (job, tasks) = Job("running");
        tasks[0].TryAgain(job, null, isCharged: false);
        tasks[0].Claim(job, "w", "d", Now);
        tasks[0].GiveUp(job, "bad_recipe", "No.", Now);
        Assert.Equal((2, 1, 1), (tasks[0].Attempt, tasks[0].Charged, tasks[0].Refusals));
        job.Retry(tasks[0].Cost);

        tasks[0].CatchUp(job);

        Assert.Equal((2, 0, 0), (tasks[0].Attempt, tasks[0].Charged, tasks[0].Refusals));
    }

    [Fact]
    public void Job_that_ended_failed_is_open_again_after_a_retry()
    {
        var (job, tasks) = Job("failed", "completed");
        Assert.True(job.RollUp(Now));

        job.Retry(tasks[0].Cost);

        Assert.Equal(("active", null, null, null), (job.Status, job.EndedAt, job.EndSeq, job.DeleteAfter));
    }

    [Fact]
    public void Rows_that_trail_a_retry_and_then_a_cancel_are_canceled()
    {
        var (job, tasks) = Job("failed", "queued");
        job.Retry(tasks[0].Cost);

        job.Cancel(Now);

        Assert.Equal((2, job.Cost), (job.TasksCanceled, job.CostEnded));
        Assert.All(tasks, task => Assert.Equal("canceled", task.StatusIn(job)));
        foreach (var task in tasks) task.CatchUp(job);
        Assert.Equal([("canceled", 2L, null), ("canceled", 3L, null)], tasks.Select(task => (task.Status, task.EndedSeq, task.FailureCode)));
        job.RowsHaveFollowed();
        Assert.Equal((null, 2L, true), (job.RetriedSeq, job.CanceledSeq, job.HasTrailing));
        job.RowsHaveFollowed();
        Assert.False(job.HasTrailing);
    }

    [Fact]
    public void What_is_asked_of_rows_by_what_they_are_agrees_with_what_they_are()
    {
        string[] statuses = ["failed", "queued", "completed", "running"];
        foreach (var change in new Action<RenderJob>[] { _ => { }, job => job.Retry(1), job => job.Cancel(Now), Both })
        {
            var (job, tasks) = Job(statuses);
            change(job);
            foreach (var status in TaskStatuses.All)
                Assert.Equal(tasks.Where(task => task.StatusIn(job) == status), tasks.AsQueryable().WithStatus(job, status));
        }

        static void Both(RenderJob job)
        {
            job.Retry(1);
            job.Cancel(Now);
        }
    }

    [Fact]
    public void Ends_are_told_only_as_far_as_none_can_come_before_them()
    {
        var (job, tasks) = Job("failed", "completed", "running", "queued");
        Assert.Equal([0, 1], Ends());

        job.Retry(1);
        Assert.Equal([1], Ends());
        job.Cancel(Now);
        tasks[2].Cancel(job);
        Assert.Equal([1], Ends());
        foreach (var task in tasks) task.CatchUp(job);
        job.RowsHaveFollowed();
        job.RowsHaveFollowed();

        Assert.Equal([1, 0, 2, 3], Ends());

        IEnumerable<int> Ends() => tasks.AsQueryable().EndedAfter(job, 0).Select(task => task.Index);
    }

    // Every task on its way, each as far as it is to come.
    private static (RenderJob Job, RenderTask[] Tasks) Job(params string[] statuses)
    {
        var job = AJob.With(statuses.Length);
        var tasks = AJob.TasksOf(job);
        job.MarkDispatched(Now);
        foreach (var (task, status) in tasks.Zip(statuses))
        {
            if (status == "queued") continue;
            task.Claim(job, "w", "d", Now);
            if (status == "dispatched") continue;
            task.Start(job, new RunId(Guid.NewGuid()), Now);
            if (status == "failed") task.GiveUp(job, "bad_recipe", "No.", Now);
            if (status == "completed") task.Complete(job, new RunId(Guid.NewGuid()), "w", new("k", "s", 1, 1, "p"), Now);
        }

        return (job, tasks);
    }
}
