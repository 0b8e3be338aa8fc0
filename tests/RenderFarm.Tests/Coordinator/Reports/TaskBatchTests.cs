using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Reports;

public sealed class TaskBatchTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private static readonly AttemptFailure Refused = new(FailureCodes.StoreRefused, true, "Wrong key.");
    private readonly RenderJob _job = AJob.With(total: 4);
    private readonly RenderTask[] _tasks;
    private readonly TaskBatch _batch = new(Now, new CoordinatorOptions());

    public TaskBatchTests()
    {
        _tasks = AJob.TasksOf(_job);
        _batch.Add(_job);
    }

    [Fact]
    public void Death_makes_suspects_of_what_was_running_and_charges_nobody()
    {
        Run(_tasks[0], _tasks[1]);
        Claim(_tasks[2]);

        _batch.TakeBack([_tasks[0], _tasks[1], _tasks[2]], died: true);

        Assert.All(_tasks, task => Assert.Equal((TaskStatuses.Queued, 0), (task.Status, task.Charged)));
        Assert.Equal([true, true, false, false], _tasks.Select(task => task.IsSuspect));
        Assert.Equal("w", _tasks[0].AvoidWorker);
        Assert.Null(_tasks[2].AvoidWorker);
        Assert.Empty(_batch.Failures);
    }

    [Fact]
    public void Death_with_nothing_running_makes_suspects_of_what_waited()
    {
        Claim(_tasks[0]);
        Claim(_tasks[1]);

        _batch.TakeBack([_tasks[0], _tasks[1]], died: true);

        Assert.Equal([true, true, false, false], _tasks.Select(task => task.IsSuspect));
    }

    [Fact]
    public void Death_that_nobody_saw_makes_a_suspect_only_the_second_time()
    {
        Run(_tasks[0]);
        _batch.TakeBack([_tasks[0]], died: true, wasHeard: false);
        Assert.Equal((TaskStatuses.Queued, 0, false), (_tasks[0].Status, _tasks[0].Charged, _tasks[0].IsSuspect));

        Run(_tasks[0]);
        _batch.TakeBack([_tasks[0]], died: true, wasHeard: false);
        Assert.True(_tasks[0].IsSuspect);
    }

    [Fact]
    public void Farewell_accuses_nobody()
    {
        Run(_tasks[0]);

        _batch.TakeBack([_tasks[0]], died: false);

        Assert.Equal((TaskStatuses.Queued, 0, false, 0), (_tasks[0].Status, _tasks[0].Charged, _tasks[0].IsSuspect, _tasks[0].Rescues));
    }

    [Fact]
    public void Task_whose_worker_dies_twice_while_it_runs_alone_is_poison()
    {
        for (var death = 0; death < 3; death++)
        {
            Assert.Equal(TaskStatuses.Queued, _tasks[0].Status);
            Run(_tasks[0]);
            _batch.TakeBack([_tasks[0]], died: true);
        }

        Assert.Equal((TaskStatuses.Failed, "poison"), (_tasks[0].Status, _tasks[0].FailureCode));
        Assert.Equal("Its worker died 2 times while it ran there alone, last w.", _tasks[0].FailureDetail);
        Assert.Equal("poison", Assert.Single(_batch.Failures).Code);
    }

    [Fact]
    public void Suspect_that_fails_on_a_living_worker_is_a_suspect_no_more()
    {
        Run(_tasks[0]);
        _batch.TakeBack([_tasks[0]], died: true);
        Run(_tasks[0]);

        _batch.Fail(_tasks[0], new AttemptFailure(FailureCodes.EngineFailed, true, "It hiccuped."));

        Assert.False(_tasks[0].IsSuspect);
        Assert.Equal((TaskStatuses.Queued, 1), (_tasks[0].Status, _tasks[0].Charged));
    }

    [Theory]
    [InlineData(FailureCodes.StoreRefused)]
    [InlineData(FailureCodes.CacheFailed)]
    public void What_surrounds_a_worker_costs_no_attempt_until_it_has_failed_a_task_too_often(string code)
    {
        var failure = new AttemptFailure(code, true, "Wrong key.");
        double[] waits = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60];
        foreach (var wait in waits)
        {
            Run(_tasks[0]);
            _batch.Fail(_tasks[0], failure);
            Assert.Equal((TaskStatuses.Queued, 0, 0, "w"), (_tasks[0].Status, _tasks[0].Charged, _tasks[0].Rescues, _tasks[0].AvoidWorker));
            Assert.Equal(Now + TimeSpan.FromSeconds(wait), _tasks[0].NotBefore);
        }

        for (var charged = 1; charged < 3; charged++)
        {
            Run(_tasks[0]);
            _batch.Fail(_tasks[0], failure);
            Assert.Equal((TaskStatuses.Queued, charged), (_tasks[0].Status, _tasks[0].Charged));
        }

        Run(_tasks[0]);
        _batch.Fail(_tasks[0], failure);
        Assert.Equal((TaskStatuses.Failed, code, 13), (_tasks[0].Status, _tasks[0].FailureCode, _batch.Failures.Count));
    }

    [Fact]
    public void Retried_task_may_again_be_refused_as_often_before_it_is_charged()
    {
        for (var refusal = 0; refusal < 13; refusal++) FailWith(Refused);
        Assert.Equal(TaskStatuses.Failed, _tasks[0].Status);
        Retry();

        for (var refusal = 1; refusal <= 10; refusal++)
        {
            FailWith(Refused);
            Assert.Equal((TaskStatuses.Queued, 0, refusal), (_tasks[0].Status, _tasks[0].Charged, _tasks[0].Refusals));
        }

        FailWith(Refused);
        Assert.Equal((TaskStatuses.Queued, 1, 10), (_tasks[0].Status, _tasks[0].Charged, _tasks[0].Refusals));
    }

    [Fact]
    public void Attempts_that_were_charged_before_retries_are_no_refusals()
    {
        for (var retry = 0; retry < 4; retry++)
        {
            for (var attempt = 0; attempt < 3; attempt++) FailWith(new AttemptFailure(FailureCodes.EngineFailed, true, "It hiccuped."));
            Assert.Equal(TaskStatuses.Failed, _tasks[0].Status);
            Retry();
        }

        FailWith(Refused);

        Assert.Equal((0, 1, Now + TimeSpan.FromSeconds(1)), (_tasks[0].Charged, _tasks[0].Refusals, _tasks[0].NotBefore));
    }

    [Fact]
    public void Attempts_that_were_handed_back_are_no_refusals()
    {
        for (var farewell = 0; farewell < 10; farewell++)
        {
            Run(_tasks[0]);
            _batch.Apply(_tasks[0], new ReturnReport(_tasks[0].AttemptId, RunOf(_tasks[0]), "w"));
        }

        FailWith(Refused);

        Assert.Equal((0, 1, Now + TimeSpan.FromSeconds(1)), (_tasks[0].Charged, _tasks[0].Refusals, _tasks[0].NotBefore));
    }

    [Fact]
    public void Run_that_vanishes_costs_no_attempt_until_too_many_have()
    {
        for (var loss = 1; loss < 10; loss++)
        {
            Run(_tasks[0]);
            _batch.Expire(_tasks[0]);
            Assert.Equal((TaskStatuses.Queued, 0, loss, false), (_tasks[0].Status, _tasks[0].Charged, _tasks[0].Rescues, _tasks[0].IsSuspect));
        }

        Run(_tasks[0]);
        _batch.Expire(_tasks[0]);

        Assert.Equal("worker_lost", _tasks[0].FailureCode);
        Assert.Equal("10 runs of it were lost, the last on worker w.", _tasks[0].FailureDetail);
    }

    [Fact]
    public void Job_ends_with_its_last_task_whatever_ended_it()
    {
        for (var i = 0; i < 3; i++) Complete(_tasks[i]);
        for (var death = 0; death < 3; death++)
        {
            Run(_tasks[3]);
            _batch.TakeBack([_tasks[3]], died: true);
        }

        _batch.RollUp();

        Assert.Equal((JobStatuses.Failed, 3, 1), (_job.Status, _job.TasksCompleted, _job.TasksFailed));
    }

    [Fact]
    public void Late_image_pins_its_job_though_another_profile_had_it_meanwhile_and_gave_it_back()
    {
        _job.Pin("pa");
        Run(_tasks[0]);
        var late = Success(_tasks[0], "pa");
        _batch.Expire(_tasks[0]);
        _job.Pin("pb");
        Run(_tasks[0]);
        _batch.Apply(_tasks[0], new ReturnReport(_tasks[0].AttemptId, RunOf(_tasks[0]), "w"));
        Assert.True(_job.Takes("pa") && _job.Takes("pb"));

        Assert.Equal(Verdict.Confirm, ReportRules.Judge(_tasks[0], _job, late).Verdict);
        _batch.Apply(_tasks[0], late);

        Assert.Equal(("pa", "pa"), (_job.Profile, _job.PinnedProfile));
        Assert.False(_job.Takes("pb"));
    }

    [Fact]
    public void Image_of_a_fast_job_pins_nothing()
    {
        var fast = AJob.With(total: 1, determinism: DeterminismClasses.Fast);
        var task = AJob.TasksOf(fast)[0];
        _batch.Add(fast);
        task.Claim(fast, "w", "d", Now);

        _batch.Apply(task, Success(task, "pa"));

        Assert.Null(fast.Profile);
        Assert.True(fast.Takes("pb"));
    }

    private static RunId RunOf(RenderTask task) => new(new Guid(task.Index + 1, 0, 0, new byte[8]));

    private void Complete(RenderTask task)
    {
        Run(task);
        _batch.Apply(task, Success(task, "p"));
    }

    private static SuccessReport Success(RenderTask task, string profile) => new(task.AttemptId, RunOf(task), "w", new StoredImage("k", "s", 1, 1, profile));

    private void FailWith(AttemptFailure failure)
    {
        Run(_tasks[0]);
        _batch.Fail(_tasks[0], failure);
    }

    private void Retry()
    {
        _job.Retry(_tasks[0].Cost);
        _tasks[0].CatchUp(_job);
        _job.RowsHaveFollowed();
    }

    private void Claim(RenderTask task)
    {
        task.Claim(_job, "w", "d", Now);
        _job.MarkDispatched(Now);
    }

    private void Run(params RenderTask[] tasks)
    {
        foreach (var task in tasks)
        {
            Claim(task);
            _batch.Apply(task, new StartReport(task.AttemptId, RunOf(task), "w"));
        }
    }
}
