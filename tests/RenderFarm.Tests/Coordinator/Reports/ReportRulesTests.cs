using CsCheck;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Reports;

public sealed class ReportRulesTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private static readonly RunId Mine = new(new Guid(1, 0, 0, new byte[8]));
    private static readonly RunId Other = new(new Guid(2, 0, 0, new byte[8]));

    [Fact]
    public void Success_of_the_current_run_is_accepted_and_of_any_other_to_be_confirmed()
    {
        var (job, task) = Running();

        Assert.Equal(Verdict.Accept, ReportRules.Judge(task, job, Success(task.AttemptId, Mine)).Verdict);
        Assert.Equal(Verdict.Confirm, ReportRules.Judge(task, job, Success(task.AttemptId, Other)).Verdict);
        Assert.Equal(
            new Ruling(Verdict.Refuse, "the record has made 1 attempts and never this one"),
            ReportRules.Judge(task, job, Success(task.AttemptId with { Number = 9 }, Mine)));
    }

    [Fact]
    public void Image_is_confirmed_by_its_size_and_where_the_store_keeps_one_its_checksum()
    {
        var image = new StoredImage("images/x", "ab12", 100, 1_500, "p");

        Assert.True(ReportRules.Confirms(new ObjectHead(100, "AB12"), image));
        Assert.True(ReportRules.Confirms(new ObjectHead(100, null), image));
        Assert.False(ReportRules.Confirms(new ObjectHead(100, "cd34"), image));
        Assert.False(ReportRules.Confirms(new ObjectHead(99, "ab12"), image));
        Assert.False(ReportRules.Confirms(null, image));
    }

    [Fact]
    public void Image_from_another_profile_than_its_job_is_pinned_to_is_refused_whichever_run_it_comes_from()
    {
        var (job, task) = Running();
        job.Profile = "q";
        var refused = new Ruling(Verdict.Refuse, "the image comes from p, and its job is pinned to q");

        Assert.Equal(refused, ReportRules.Judge(task, job, Success(task.AttemptId, Other)));
        Assert.Equal(refused, ReportRules.Judge(task, job, Success(task.AttemptId, Mine)));
    }

    [Fact]
    public void Report_after_the_end_is_refused_with_the_status()
    {
        var (job, task) = Running();
        task.GiveUp(job, "bad_recipe", "No.", Now);

        Assert.Equal(new Ruling(Verdict.Refuse, "the task has ended as failed"), ReportRules.Judge(task, job, Success(task.AttemptId, Mine)));
    }

    [Fact]
    public void Failure_and_return_of_a_run_that_is_not_held_are_refused()
    {
        var (job, task) = Running();

        Assert.Equal(Verdict.Refuse, ReportRules.Judge(task, job, new FailureReport(task.AttemptId, Other, "w", new("x", true, "x"))).Verdict);
        Assert.Equal(Verdict.Refuse, ReportRules.Judge(task, job, new ReturnReport(task.AttemptId with { Number = 2 }, Mine, "w")).Verdict);
        Assert.Equal(Verdict.Accept, ReportRules.Judge(task, job, new ReturnReport(task.AttemptId, Mine, "w")).Verdict);
        Assert.Equal(Verdict.Refuse, ReportRules.Judge(task, job, new StartReport(task.AttemptId, Mine, "w")).Verdict);
        Assert.Equal(new Ruling(Verdict.Refuse, "the record has no such task"), ReportRules.Judge(null, null, new StartReport(task.AttemptId, Mine, "w")));
        Assert.Equal(new Ruling(Verdict.Refuse, "its job is past its retention and being deleted"), ReportRules.Judge(task, null, Success(task.AttemptId, Mine)));
    }

    [Fact]
    public void Any_interleaving_of_duplicated_late_and_reordered_reports_ends_legally_with_one_success_per_task() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 2], Gen.Int[1, 4], Gen.Int[0, 1], Gen.Bool).Array[0, 60].Sample(steps =>
        {
            var job = AJob.With(total: 3);
            var tasks = AJob.TasksOf(job);
            var successes = new int[3];
            foreach (var (kind, index, attempt, run, isRetryable) in steps) Step(job, tasks[index], successes, kind, attempt, run == 0 ? Mine : Other, isRetryable);

            // Whatever happened, the farm goes on: what is open is rendered, and the job ends.
            foreach (var task in tasks.Where(task => !TaskStatuses.IsEnded(task.Status)))
            {
                if (task.Status == TaskStatuses.Queued) Claim(job, task);
                Apply(job, task, successes, Success(task.AttemptId, Mine), true);
            }

            job.RollUp(Now);
            Assert.True(JobStatuses.IsEnded(job.Status));
            Assert.All(tasks, task => Assert.Equal(task.Status == TaskStatuses.Completed ? 1 : 0, successes[task.Index]));
            Assert.Equal(3, job.TasksCompleted + job.TasksFailed);
            Assert.Equal(0, job.TasksQueued + job.TasksDispatched + job.TasksRunning + job.TasksCanceled);
            Assert.Equal(3, tasks.Select(task => task.EndedSeq).Distinct().Count());
            Assert.All(tasks, task => Assert.True(task.EndedSeq < job.EndSeq && task.LeaseExpiresAt is null));
        });

    private static void Step(RenderJob job, RenderTask task, int[] successes, int kind, int number, RunId run, bool isTrue)
    {
        var attempt = new AttemptId(task.Job, task.Index, number);
        switch (kind)
        {
            case 0 or 1: Claim(job, task); break;
            case 2: Apply(job, task, successes, new StartReport(attempt, run, "w"), false); break;
            case 3: Apply(job, task, successes, Success(attempt, run), isTrue); break;
            case 4: Apply(job, task, successes, new FailureReport(attempt, run, "w", new("x", isTrue, "x")), false); break;
            case 5: Apply(job, task, successes, new ReturnReport(attempt, run, "w"), false); break;
            default:
                if (task.LeaseExpiresAt is not null) task.HandBack(job);
                break;
        }
    }

    private static void Claim(RenderJob job, RenderTask task)
    {
        if (task.Status != TaskStatuses.Queued) return;
        task.Claim(job, "w", "d", Now);
        job.MarkDispatched(Now);
    }

    private static void Apply(RenderJob job, RenderTask task, int[] successes, Report report, bool isStored)
    {
        var verdict = ReportRules.Judge(task, job, report).Verdict;
        if (verdict == Verdict.Refuse || (verdict == Verdict.Confirm && !isStored)) return;
        switch (report)
        {
            case StartReport: task.Start(job, report.Run, Now); break;
            case SuccessReport success:
                task.Complete(job, report.Run, report.Worker, success.Image, Now);
                successes[task.Index]++;
                break;
            case FailureReport { Failure.Retryable: true } when task.Charged < new CoordinatorOptions().MaxAttempts: task.TryAgain(job, null); break;
            case FailureReport: task.GiveUp(job, "x", "x", Now); break;
            default: task.HandBack(job); break;
        }

        Assert.InRange(task.Charged, 0, task.Attempt);
    }

    private static (RenderJob Job, RenderTask Task) Running()
    {
        var job = AJob.With(total: 1);
        var task = AJob.TasksOf(job)[0];
        Claim(job, task);
        task.Start(job, Mine, Now);
        return (job, task);
    }

    private static SuccessReport Success(AttemptId attempt, RunId run) => new(attempt, run, "w", new StoredImage("k", "s", 1, 1, "p"));
}
