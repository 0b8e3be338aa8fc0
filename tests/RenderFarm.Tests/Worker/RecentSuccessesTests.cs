using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Worker;
using Xunit;

namespace RenderFarm.Tests.Worker;

public sealed class RecentSuccessesTests
{
    private readonly RecentSuccesses _successes = new();

    [Fact]
    public void Success_is_kept_for_its_own_attempt_alone()
    {
        var success = Success(1);
        _successes.Add(success);
        Assert.Equal(success, _successes.Of(success.Attempt));
        Assert.Null(_successes.Of(Success(2).Attempt));
    }

    [Fact]
    public void Oldest_is_forgotten_when_there_are_too_many()
    {
        for (var number = 1; number <= RecentSuccesses.Most + 1; number++) _successes.Add(Success(number));
        Assert.Null(_successes.Of(Success(1).Attempt));
        Assert.NotNull(_successes.Of(Success(2).Attempt));
        Assert.NotNull(_successes.Of(Success(RecentSuccesses.Most + 1).Attempt));
    }

    [Fact]
    public void First_success_of_an_attempt_stays_and_counts_once()
    {
        var first = Success(1);
        _successes.Add(first);
        for (var i = 0; i < RecentSuccesses.Most; i++) _successes.Add(Success(1));
        Assert.Equal(first, _successes.Of(first.Attempt));
    }

    private static AttemptSucceeded Success(int number) => new(
        WorkerBench.Command("a circle", number).Attempt, RunId.New(TimeProvider.System), "w", new StoredImage("k", "s", 1, 1, "p"));
}
