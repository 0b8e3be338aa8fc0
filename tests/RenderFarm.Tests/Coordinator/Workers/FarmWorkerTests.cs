using RenderFarm.Coordinator.Workers;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Workers;

public sealed class FarmWorkerTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(12);
    private static readonly Guid Former = Guid.CreateVersion7(Now.AddHours(-2));
    private static readonly Guid Present = Guid.CreateVersion7(Now.AddHours(-1));
    private static readonly Guid Next = Guid.CreateVersion7(Now);

    [Theory]
    [InlineData(WorkerStatuses.Active, true)]
    [InlineData(WorkerStatuses.Lost, true)]
    [InlineData(WorkerStatuses.Left, false)]
    public void Worker_that_was_lost_is_heard_again_and_one_that_left_is_not(string status, bool isHeard)
    {
        var worker = A(status);
        Assert.Equal((isHeard, !isHeard), (worker.Hears(Present), worker.Outlives(Present, Now, Lease)));
    }

    [Theory]
    [InlineData(WorkerStatuses.Active)]
    [InlineData(WorkerStatuses.Lost)]
    [InlineData(WorkerStatuses.Left)]
    public void New_incarnation_comes_in_whatever_became_of_the_former_and_speaks_for_nobody_before_it_is_announced(string status)
    {
        var worker = A(status);
        Assert.False(worker.Outlives(Next, Now, Lease));
        Assert.False(worker.Hears(Next));
    }

    [Fact]
    public void Announcement_of_a_former_life_is_late_while_the_present_one_was_just_heard_or_just_left()
    {
        Assert.True(A(WorkerStatuses.Active).Outlives(Former, Now, Lease));
        Assert.True(A(WorkerStatuses.Left).Outlives(Former, Now, Lease));
        Assert.False(A(WorkerStatuses.Left).Outlives(Former, Now + Lease, Lease));
        Assert.False(A(WorkerStatuses.Lost).Outlives(Former, Now, Lease));
    }

    private static FarmWorker A(string status) => new()
    {
        Name = "w",
        Incarnation = Present,
        Checkpoints = [],
        FirstSeenAt = Now,
        LastSeenAt = Now,
        Status = status,
    };
}
