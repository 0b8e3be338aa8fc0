using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Persistence;

public sealed class RecordStartupTests
{
    [Fact]
    public async Task Database_that_does_not_come_ends_the_wait_with_a_failure_that_may_pass()
    {
        // Nobody listens on port 1.
        await using var database = new PostgresDatabase("Host=127.0.0.1;Port=1", TimeSpan.FromSeconds(1));
        var clock = new FakeTimeProvider();
        var begun = clock.GetTimestamp();
        var starting = new RecordStartup(database, clock, NullLogger<RecordStartup>.Instance).StartingAsync(TestContext.Current.CancellationToken);
        while (!starting.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var failure = await Assert.ThrowsAsync<RecordException>(() => starting);
        Assert.True(failure.IsPassing);
        Assert.Contains("127.0.0.1:1", failure.Message, StringComparison.Ordinal);
        Assert.True(clock.GetElapsedTime(begun) >= RecordStartup.LongestWait);
    }
}
