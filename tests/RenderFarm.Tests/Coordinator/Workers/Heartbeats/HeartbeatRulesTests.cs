using RenderFarm.Contracts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Workers.Heartbeats;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Workers.Heartbeats;

public sealed class HeartbeatRulesTests
{
    private static readonly DateTimeOffset First = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset Later = First.AddSeconds(12);
    private static readonly RunId Run = new(Guid.Empty);
    private readonly RenderJob _job = AJob.With(total: 2);
    private readonly RenderTask[] _tasks;

    public HeartbeatRulesTests()
    {
        _tasks = AJob.TasksOf(_job);
        foreach (var task in _tasks) task.Claim(_job, "w", "d", First);
    }

    [Fact]
    public void Listed_run_has_its_lease_renewed_and_a_missing_one_has_not()
    {
        HeartbeatRules.Review(_tasks, [Listed(_tasks[0].AttemptId)], Later);
        Assert.Equal([Later, First], _tasks.Select(task => task.LeaseExpiresAt!.Value));
    }

    [Fact]
    public void Dispatched_attempt_missing_from_two_heartbeats_is_sent_again_without_a_longer_lease()
    {
        Assert.Empty(HeartbeatRules.Review(_tasks, [Listed(_tasks[0].AttemptId)], Later).Lost);
        Assert.Equal([_tasks[1]], HeartbeatRules.Review(_tasks, [Listed(_tasks[0].AttemptId)], Later).Lost);
        Assert.Equal(First, _tasks[1].LeaseExpiresAt);
        Assert.Empty(HeartbeatRules.Review(_tasks, [Listed(_tasks[0].AttemptId)], Later).Lost);
    }

    [Fact]
    public void Running_attempt_missing_from_two_heartbeats_is_sent_again_for_its_report_is_late_and_is_said_once_more()
    {
        _tasks[0].Start(_job, Run, First);
        HeartbeatRules.Review(_tasks, [Listed(_tasks[0].AttemptId)], Later);
        Assert.DoesNotContain(_tasks[0], HeartbeatRules.Review(_tasks, [], Later).Lost);
        Assert.Contains(_tasks[0], HeartbeatRules.Review(_tasks, [], Later).Lost);
        Assert.Equal(Later, _tasks[0].LeaseExpiresAt);
    }

    [Fact]
    public void Another_run_than_the_one_that_has_started_renews_no_lease_and_is_wanted_all_the_same()
    {
        _tasks[0].Start(_job, new RunId(Guid.NewGuid()), First);
        var verdict = HeartbeatRules.Review(_tasks, [Listed(_tasks[0].AttemptId)], Later);
        Assert.Equal(First, _tasks[0].LeaseExpiresAt);
        Assert.Empty(verdict.Unwanted);
        Assert.Contains(_tasks[0], HeartbeatRules.Review(_tasks, [Listed(_tasks[0].AttemptId)], Later).Lost);
    }

    [Fact]
    public void Former_attempt_of_a_held_task_is_unwanted_at_every_heartbeat_that_lists_it()
    {
        var former = _tasks[0].AttemptId;
        _tasks[0].HandBack(_job);
        _tasks[0].Claim(_job, "w", "d", First);
        for (var beat = 0; beat < 3; beat++)
            Assert.Equal([former], HeartbeatRules.Review(_tasks, [Listed(former), Listed(_tasks[0].AttemptId), Listed(_tasks[1].AttemptId)], Later).Unwanted);
    }

    private static HeldRun Listed(AttemptId attempt) => new(attempt, Run);
}
