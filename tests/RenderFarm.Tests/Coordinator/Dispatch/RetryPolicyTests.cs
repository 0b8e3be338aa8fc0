using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Dispatch;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Dispatch;

public sealed class RetryPolicyTests
{
    private static readonly CoordinatorOptions Options = new() { MaxAttempts = 10, RetryBackoff = TimeSpan.FromSeconds(1), MaxRetryBackoff = TimeSpan.FromSeconds(20) };

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(5, 16)]
    [InlineData(6, 20)]
    [InlineData(9, 20)]
    public void Wait_doubles_up_to_the_longest(int charged, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RetryPolicy.Next(Transient(), charged, Options));

    [Fact]
    public void No_attempt_follows_the_last() => Assert.Null(RetryPolicy.Next(Transient(), 10, Options));

    [Fact]
    public void Permanent_failure_is_final_at_once() =>
        Assert.Null(RetryPolicy.Next(new AttemptFailure(FailureCodes.BadRecipe, false, "No."), 1, Options));

    [Theory]
    [InlineData(FailureCodes.UnknownCheckpoint)]
    [InlineData(FailureCodes.CheckpointUnreadable)]
    public void Checkpoint_that_this_worker_lacks_or_cannot_read_is_looked_for_elsewhere(string code) =>
        Assert.NotNull(RetryPolicy.Next(new AttemptFailure(code, false, "Not here."), 1, Options));

    [Fact]
    public void Store_that_is_away_is_charged_and_one_that_refuses_is_not_at_first()
    {
        var refused = new AttemptFailure(FailureCodes.StoreRefused, true, "Wrong key.");
        Assert.Null(RetryPolicy.NextUncharged(Transient(), 0, Options));
        Assert.Equal(TimeSpan.FromSeconds(8), RetryPolicy.NextUncharged(refused, 3, Options));
        Assert.Null(RetryPolicy.NextUncharged(refused, Options.MaxRescues, Options));
    }

    [Theory]
    [InlineData(30, 30)]
    [InlineData(0.5, 1)]
    [InlineData(86_400, 600)]
    public void Wish_of_the_worker_counts_when_it_is_longer_and_within_reason(double wish, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RetryPolicy.Next(Transient(TimeSpan.FromSeconds(wish)), 1, Options));

    [Fact]
    public void Attempts_beyond_any_power_of_two_do_not_overflow() =>
        Assert.Equal(TimeSpan.FromSeconds(20), RetryPolicy.Next(Transient(), 2_000, new CoordinatorOptions { MaxAttempts = 5_000, MaxRetryBackoff = TimeSpan.FromSeconds(20) }));

    private static AttemptFailure Transient(TimeSpan? after = null) => new(FailureCodes.StoreUnavailable, true, "Away.", after);
}
