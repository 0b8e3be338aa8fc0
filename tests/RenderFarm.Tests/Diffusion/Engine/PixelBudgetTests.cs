using CsCheck;
using RenderFarm.Diffusion.Engine;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Engine;

public sealed class PixelBudgetTests
{
    [Fact]
    public void Call_that_did_not_fit_halves_the_budget()
    {
        var budget = new PixelBudget(1_000);
        budget.Exhausted(600);
        Assert.Equal(300, budget.Pixels);
        budget.Exhausted(300);
        Assert.Equal(150, budget.Pixels);
    }

    [Fact]
    public void One_huge_image_takes_nothing_from_calls_that_are_far_smaller()
    {
        var budget = new PixelBudget(1_000);
        budget.Exhausted(50_000);
        Assert.Equal(1_000, budget.Pixels);
    }

    [Fact]
    public void Budget_grows_back_by_sixteenths_up_to_the_maximum()
    {
        var budget = new PixelBudget(1_600);
        budget.Exhausted(1_600);
        Repeat(PixelBudget.FirstPatience - 1, budget.Succeeded);
        Assert.Equal(800, budget.Pixels);
        budget.Succeeded();
        Assert.Equal(900, budget.Pixels);
        Repeat(100 * PixelBudget.FirstPatience, budget.Succeeded);
        Assert.Equal(1_600, budget.Pixels);
    }

    [Fact]
    public void Limit_that_stays_costs_ever_fewer_failed_calls()
    {
        var failures = Failures(calls: 10_000, memory: 700);
        Assert.InRange(failures, 2, 8);
        Assert.InRange(Failures(calls: 100_000, memory: 700) - failures, 0, 5);
    }

    [Fact]
    public void Budget_stays_between_one_and_the_maximum_whatever_happens() =>
        Gen.Select(Gen.Long[1, 100_000], Gen.Select(Gen.Bool, Gen.Long[1, 200_000]).Array[0, 200]).Sample((maximum, calls) =>
        {
            var budget = new PixelBudget(maximum);
            foreach (var (fits, pixels) in calls)
            {
                if (fits) budget.Succeeded();
                else budget.Exhausted(pixels);
                Assert.InRange(budget.Pixels, 1, maximum);
            }
        });

    private static int Failures(int calls, long memory)
    {
        var budget = new PixelBudget(1_600);
        var failures = 0;
        for (var call = 0; call < calls; call++)
        {
            if (budget.Pixels <= memory)
            {
                budget.Succeeded();
                continue;
            }

            failures++;
            budget.Exhausted(budget.Pixels);
        }

        return failures;
    }

    private static void Repeat(int times, Action action)
    {
        for (var i = 0; i < times; i++) action();
    }
}
