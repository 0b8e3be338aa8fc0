using CsCheck;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Persistence.Postgres;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Persistence;

public sealed class TaskPartitionTests
{
    [Fact]
    public void Day_is_a_range_of_ids()
    {
        var partition = TaskPartition.Of(new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.Zero));

        Assert.Equal("tasks_p20261124", partition.Table);
        Assert.Equal(new Guid("01a20ada-2c00-0000-0000-000000000000"), partition.First);
        Assert.Equal(partition.First, new TaskPartition(new DateOnly(2026, 11, 23)).End);
        Assert.Equal(partition, TaskPartition.OfTable("tasks_p20261124"));
        Assert.Null(TaskPartition.OfTable("tasks_p2026"));
        Assert.Null(TaskPartition.OfTable("tasks"));
    }

    [Fact]
    public void Every_job_lies_between_the_ends_of_its_own_day() => Gen.Long[0, 4_102_444_800_000].Sample(milliseconds =>
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        var job = new JobId(Guid.CreateVersion7(time));

        var partition = TaskPartition.Of(job);

        return partition == TaskPartition.Of(time) && new JobId(partition.First) < job && job < new JobId(partition.End);
    });
}
