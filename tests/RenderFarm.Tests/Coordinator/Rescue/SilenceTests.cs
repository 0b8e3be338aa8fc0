using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Rescue;
using RenderFarm.Coordinator.Workers;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Rescue;

public sealed class SilenceTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddHours(1);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(12);

    [Fact]
    public void Worker_silent_for_a_lease_is_gone_and_one_that_spoke_since_is_not()
    {
        var (silent, talking) = (Worker("silent", 12), Worker("talking", 11));
        Assert.Equal([silent], Silence.Judge([talking, silent], [], Now, Lease).Gone);
    }

    [Fact]
    public void Expired_run_of_a_living_worker_vanished_alone_and_one_of_a_lost_worker_goes_with_it()
    {
        var job = AJob.With(total: 2);
        var tasks = AJob.TasksOf(job);
        tasks[0].Claim(job, "talking", "d", Now);
        tasks[1].Claim(job, "lost", "d", Now);

        var silence = Silence.Judge([Worker("talking", 1), Worker("lost", 99, WorkerStatuses.Lost), Worker("left", 99, WorkerStatuses.Left)], tasks, Now, Lease);

        Assert.Equal(["lost"], silence.Gone.Select(worker => worker.Name));
        Assert.Equal([tasks[0]], silence.Vanished);
    }

    private static FarmWorker Worker(string name, int silentSeconds, string status = WorkerStatuses.Active) => new()
    {
        Name = name,
        Incarnation = Guid.Empty,
        Checkpoints = [],
        Status = status,
        FirstSeenAt = Now,
        LastSeenAt = Now.AddSeconds(-silentSeconds),
    };
}
