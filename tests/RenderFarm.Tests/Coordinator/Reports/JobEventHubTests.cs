using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Reports;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Reports;

public sealed class JobEventHubTests
{
    private static readonly JobId Job = new(new Guid(1, 0, 0, new byte[8]));
    private readonly JobEventHub _hub = new();

    [Fact]
    public async Task Wake_ups_that_come_together_are_one_and_only_the_latest_progress_of_a_task_is_kept()
    {
        using var listener = _hub.Listen(Job);
        for (var step = 1; step <= 100; step++) _hub.Progressed(Job, new TaskProgressEvent(step % 2, step, 100));
        _hub.Changed([Job]);

        Assert.True(await WaitAsync(listener));
        Assert.Equal([new TaskProgressEvent(0, 100, 100), new TaskProgressEvent(1, 99, 100)], listener.TakeProgress());
        Assert.Empty(listener.TakeProgress());
        Assert.False(await WaitAsync(listener));
    }

    [Fact]
    public async Task Listener_hears_its_job_alone_and_nothing_after_it_left()
    {
        var gone = _hub.Listen(Job);
        gone.Dispose();
        using var other = _hub.Listen(new JobId(Guid.NewGuid()));

        _hub.Changed([Job]);

        Assert.False(await WaitAsync(other));
    }

    private static Task<bool> WaitAsync(JobListener listener) =>
        listener.WaitAsync(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
}
