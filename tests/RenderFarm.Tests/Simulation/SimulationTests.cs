using System.Globalization;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;
using Xunit;

namespace RenderFarm.Tests.Simulation;

/// <summary>
/// Defends the promise that every accepted job ends with every image once or a named reason, whatever happens: thousands of farms in
/// virtual time with the real rules, each from one seed, each checked after every event.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 2_000;
    private const int LeastEvents = 200;
    private const string SeedsVariable = "RENDERFARM_SIMULATION_SEEDS";
    private const string FirstVariable = "RENDERFARM_SIMULATION_FIRST";

    public static TheoryData<string> Mistakes => [.. Mutants.All.Keys];

    [Fact]
    public void Whatever_happens_every_job_ends_with_every_image_once_or_a_named_reason()
    {
        var events = RunSeeds(Seeds);
        output.WriteLine($"{Seeds} seeds, {events} events");
    }

    [Fact(Explicit = true)]
    public void As_many_seeds_as_are_asked_for()
    {
        var (first, seeds) = (Number(FirstVariable, 0), Number(SeedsVariable, 100_000));
        output.WriteLine($"{seeds} seeds from {first}, {RunSeeds(seeds, first)} events");
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Planted_mistake_is_caught(string mistake)
    {
        var rules = Mutants.All[mistake];
        var seed = Enumerable.Range(0, Seeds).First(seed => Simulation.Run(Scenario.Of(seed), rules).Violation is not null);
        var small = Simulation.Shrink(Scenario.Of(seed), rules);
        output.WriteLine($"'{mistake}' is caught by seed {seed}: {Simulation.Run(small, rules).Violation}{Environment.NewLine}{small}");
    }

    [Fact]
    public void Same_seed_gives_the_same_events()
    {
        for (var seed = 0; seed < 20; seed++)
            Assert.Equal(Simulation.Run(Scenario.Of(seed), new SimRules()), Simulation.Run(Scenario.Of(seed), new SimRules()));
    }

    [Fact]
    public void Poison_among_a_hundred_fails_alone_and_costs_the_others_nothing()
    {
        var farm = new SimFarm(seed: 1, new SimRules()) { Bus = { IsNoisy = false } };
        var job = farm.Submit("a", Priorities.Normal, [.. Enumerable.Range(0, 100).Select(index => index == 37 ? TaskNature.Poison : TaskNature.Good)]);
        while (!JobStatuses.IsEnded(job.Status) && farm.Clock.Seconds < 3_600)
        {
            farm.Clock.Step();
            farm.Invariants.Check();
        }

        Assert.Equal((99, 1), (job.TasksCompleted, job.TasksFailed));
        Assert.Equal(("poison", 2), (farm.Record.Tasks[37].FailureCode, farm.Record.Tasks[37].DeathsAlone));
        Assert.All(farm.Record.Tasks.Where(task => task.Index != 37), task => Assert.Equal(1, task.Charged));
    }

    [Fact]
    public void Farm_of_one_worker_that_is_killed_again_and_again_still_ends_its_job()
    {
        var farm = new SimFarm(seed: 1, new SimRules());
        foreach (var other in farm.Workers.Skip(1)) farm.Clock.After(2, () => other.Leave(restartAfter: 1e6));
        farm.Clock.After(3, () => farm.Submit("a", Priorities.Normal, [.. Enumerable.Repeat(TaskNature.Good, 10)]));
        farm.Clock.Every(17, () => farm.Worker("w0").Die(restartAfter: 1));
        while (farm.Record.Jobs.TrueForAll(job => !JobStatuses.IsEnded(job.Status)) && farm.Clock.Seconds < 7_200)
        {
            farm.Clock.Step();
            farm.Invariants.Check();
        }

        Assert.True(JobStatuses.IsEnded(farm.Record.Jobs.Single().Status));
    }

    [Fact]
    public void Tenants_with_work_share_the_farm_by_cost_while_workers_die()
    {
        var farm = new SimFarm(seed: 1, new SimRules()) { Bus = { IsNoisy = false } };
        foreach (var (tenant, cost, count) in new[] { ("a", 10L, 600), ("b", 20L, 600), ("c", 10L, 600) })
            farm.Submit(tenant, Priorities.Normal, [.. Enumerable.Repeat(TaskNature.Good, count)], cost);
        farm.Clock.Every(40, () => farm.Worker("w1").Die(restartAfter: 5));
        while (farm.Clock.Seconds < 600) farm.Clock.Step();

        var served = farm.Record.Jobs.Select(job => job.CostEnded).ToList();
        Assert.All(served, cost => Assert.InRange(cost / served.Average(), 0.85, 1.15));
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static long RunSeeds(int seeds, int first = 0)
    {
        var results = Enumerable.Range(first, seeds).AsParallel().Select(seed => (Seed: seed, Result: Simulation.Run(Scenario.Of(seed), new SimRules()))).ToList();
        if (results.Where(run => run.Result.Violation is not null).OrderBy(run => run.Seed).FirstOrDefault() is { Result: not null } failed)
        {
            var small = Simulation.Shrink(Scenario.Of(failed.Seed), new SimRules());
            var again = Simulation.Run(small, new SimRules());
            Assert.Fail($"Seed {failed.Seed}: {failed.Result.Violation}{Environment.NewLine}Made small: {again.Violation}{Environment.NewLine}{small}");
        }

        Assert.All(results, run => Assert.InRange(run.Result.Events, LeastEvents, int.MaxValue));
        return results.Sum(run => (long)run.Result.Events);
    }
}
