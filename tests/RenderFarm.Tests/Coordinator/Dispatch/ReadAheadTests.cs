using Microsoft.Extensions.Time.Testing;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Persistence;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Dispatch;

public class ReadAheadTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly JobId _job = new(Guid.NewGuid());
    private readonly ReadAhead _ahead;

    public ReadAheadTests() => _ahead = new ReadAhead(_clock);

    [Fact]
    public void Tasks_that_were_read_are_not_read_again_while_the_job_counts_as_many()
    {
        Read(queued: 5, [0, 1, 2, 3, 4], isAll: true);
        Claim([0, 1], [0, 1]);
        _ahead.Count([(_job, 3)]);

        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal([2, 3], Find(-1, 2));
        Assert.Equal([4], Find(3, 2));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(2)]
    public void Job_that_counts_otherwise_than_its_claims_explain_is_read_anew(int queued)
    {
        Read(queued: 5, [0, 1, 2, 3, 4], isAll: true);
        Claim([0, 1], [0, 1]);

        _ahead.Count([(_job, queued)]);

        Assert.Null(Find(-1, 2));
    }

    [Fact]
    public void Claim_that_left_a_task_out_and_one_that_failed_are_followed_by_a_new_reading()
    {
        Read(queued: 5, [0, 1, 2, 3, 4], isAll: true);
        Claim([0, 1], [1]);
        Assert.Null(Find(-1, 1));

        Read(queued: 4, [0, 2, 3, 4], isAll: true);
        Assert.NotNull(Find(-1, 1));
        _ahead.Clear();
        Assert.Null(Find(-1, 1));
    }

    [Fact]
    public void Tasks_that_wait_out_a_failure_are_looked_for_again_after_a_second()
    {
        Read(queued: 6, [0, 1, 2, 3, 4], isAll: true);
        Assert.Equal([0, 1, 2, 3, 4], Find(-1, 64));

        _clock.Advance(ReadAhead.Lifetime);

        Assert.Null(Find(-1, 64));
    }

    [Fact]
    public void Fewer_tasks_than_asked_for_are_given_only_when_there_are_no_more()
    {
        Read(queued: 1_000, [0, 1, 2], isAll: false);

        Assert.Equal([0, 1, 2], Find(-1, 3));
        Assert.Null(Find(0, 3));
    }

    [Fact]
    public void Job_that_waits_no_more_is_forgotten()
    {
        Read(queued: 2, [0, 1], isAll: true);

        _ahead.Count([]);
        _ahead.Count([(_job, 2)]);

        Assert.Null(Find(-1, 2));
    }

    private void Read(int queued, int[] indices, bool isAll)
    {
        _ahead.Count([(_job, queued)]);
        _ahead.Keep(_job, [.. indices.Select(index => new PeekedTask(index, 1, null, 0))], isAll);
    }

    private void Claim(int[] allotted, int[] claimed)
    {
        var job = new WaitingJob(_job, "t", Priorities.Normal, new RenderNeeds("c", DeterminismClasses.Fast, null), ImageFormats.Png, null);
        var device = new DeviceLoad { Worker = "alpha", Device = "cpu", Slots = 4, Profile = "p1", Speed = 1, IsMeasured = false, Checkpoints = new HashSet<string>() };
        _ahead.Claimed([new Allotment(job, device, allotted)], [.. claimed.Select(index => new ClaimedTask(job, "alpha", "cpu", index, 1))]);
    }

    private IEnumerable<int>? Find(int after, int count) => _ahead.Find(_job, after, count)?.Select(task => task.Index);
}
