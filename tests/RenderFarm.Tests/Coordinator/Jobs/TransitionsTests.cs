using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Jobs;

public sealed class TransitionsTests
{
    // Written out by hand: the table of the code must not be the test of itself.
    private static readonly Dictionary<(string, TaskEvent), string> LegalForTasks = new()
    {
        [("queued", TaskEvent.Claimed)] = "dispatched",
        [("dispatched", TaskEvent.Started)] = "running",
        [("queued", TaskEvent.Succeeded)] = "completed",
        [("dispatched", TaskEvent.Succeeded)] = "completed",
        [("running", TaskEvent.Succeeded)] = "completed",
        [("dispatched", TaskEvent.GaveUp)] = "failed",
        [("running", TaskEvent.GaveUp)] = "failed",
        [("dispatched", TaskEvent.Requeued)] = "queued",
        [("running", TaskEvent.Requeued)] = "queued",
        [("queued", TaskEvent.Canceled)] = "canceled",
        [("dispatched", TaskEvent.Canceled)] = "canceled",
        [("running", TaskEvent.Canceled)] = "canceled",
        [("failed", TaskEvent.Retried)] = "queued",
    };

    private static readonly Dictionary<(string, JobEvent), string> LegalForJobs = new()
    {
        [("queued", JobEvent.Dispatched)] = "active",
        [("active", JobEvent.AllCompleted)] = "completed",
        [("active", JobEvent.SomeFailed)] = "failed",
        [("queued", JobEvent.Canceled)] = "canceled",
        [("active", JobEvent.Canceled)] = "canceled",
        [("failed", JobEvent.Retried)] = "active",
    };

    public static TheoryData<string, string> TaskPairs => Pairs(TaskStatuses.All, Enum.GetNames<TaskEvent>());

    public static TheoryData<string, string> JobPairs => Pairs(JobStatuses.All, Enum.GetNames<JobEvent>());

    [Theory]
    [MemberData(nameof(TaskPairs))]
    public void Every_pair_of_task_status_and_event_is_legal_or_refused_with_a_sentence(string status, string name)
    {
        var happened = Enum.Parse<TaskEvent>(name);
        var job = AJob.With(total: 1);
        var task = new RenderTask { Job = job.Id, Index = 0, Cost = 1, Status = status };

        if (LegalForTasks.TryGetValue((status, happened), out var next))
        {
            Assert.Null(Transitions.Refusal(status, happened));
            Transitions.Apply(job, task, happened);
            Assert.Equal(next, task.Status);
            return;
        }

        var refusal = Assert.Throws<InvalidOperationException>(() => Transitions.Apply(job, task, happened));
        Assert.Contains($"a task that is {status} cannot take the event {name}; it is legal in ", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(status, task.Status);
    }

    [Theory]
    [MemberData(nameof(JobPairs))]
    public void Every_pair_of_job_status_and_event_is_legal_or_refused_with_a_sentence(string status, string name)
    {
        var happened = Enum.Parse<JobEvent>(name);
        var job = AJob.With(total: 1);
        job.Status = status;

        if (LegalForJobs.TryGetValue((status, happened), out var next))
        {
            Transitions.Apply(job, happened);
            Assert.Equal(next, job.Status);
            return;
        }

        var refusal = Assert.Throws<InvalidOperationException>(() => Transitions.Apply(job, happened));
        Assert.Contains($"a job that is {status} cannot take the event {name}; it is legal in ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_of_the_job_follow_its_tasks_and_its_end_takes_the_last_number()
    {
        var job = AJob.With(total: 2);
        var tasks = AJob.TasksOf(job);
        var now = DateTimeOffset.UnixEpoch;
        foreach (var task in tasks) task.Claim(job, "w", "d", now);
        job.MarkDispatched(now);

        tasks[0].Start(job, new RunId(Guid.NewGuid()), now);
        Assert.Equal((0, 1, 1), (job.TasksQueued, job.TasksDispatched, job.TasksRunning));
        tasks[0].GiveUp(job, "bad_recipe", "No.", now);
        Assert.False(job.RollUp(now));
        tasks[1].GiveUp(job, "bad_recipe", "No.", now);

        Assert.True(job.RollUp(now));
        Assert.False(job.RollUp(now));
        Assert.Equal(("failed", 3L, 1L, 2L), (job.Status, job.EndSeq, tasks[0].EndedSeq, tasks[1].EndedSeq));
        Assert.Equal(job.Cost, job.CostEnded);
    }

    private static TheoryData<string, string> Pairs(IEnumerable<string> statuses, IEnumerable<string> events)
    {
        var pairs = new TheoryData<string, string>();
        foreach (var (status, happened) in statuses.SelectMany(status => events.Select(happened => (status, happened)))) pairs.Add(status, happened);
        return pairs;
    }
}
