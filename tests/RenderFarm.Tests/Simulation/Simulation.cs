using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Tests.Simulation;

/// <summary>How a simulation ended.</summary>
/// <param name="Events">Events until all was at rest.</param>
/// <param name="Violation">What did not hold; null when all did.</param>
internal sealed record SimulationResult(int Events, string? Violation);

/// <summary>Runs scenarios: deeds first, then peace, in which everything must end.</summary>
internal static class Simulation
{
    // Peace lasts until every job has ended; whoever needs more than this never ends.
    private const double PeaceSeconds = 3_600;
    private const double RestSeconds = 20;

    public static SimulationResult Run(Scenario scenario, SimRules rules)
    {
        var farm = new SimFarm(scenario.Seed, rules) { HasTwoProfiles = scenario.Seed % 3 != 0 };
        foreach (var step in scenario.Steps) farm.Clock.After(step.At, () => Scenario.Do(step, farm));
        var events = 0;
        try
        {
            while (farm.Clock.Seconds < Scenario.Length) events += Advance(farm);
            MakePeace(farm);
            var until = farm.Clock.Seconds + PeaceSeconds;
            while (farm.Record.Jobs.Exists(job => !JobStatuses.IsEnded(job.Status)) && farm.Clock.Seconds < until) events += Advance(farm);
            farm.Invariants.CheckAllEnded();
            var ended = farm.Clock.Now;
            while (!IsAtRest(farm, ended)) events += Advance(farm);
            farm.Invariants.CheckRest();
            return new SimulationResult(events, null);
        }
        catch (Exception error) when (error is InvariantException or InvalidOperationException)
        {
            return new SimulationResult(events, FormattableString.Invariant($"after {events} events, at {farm.Clock.Seconds:0.000} s: {error.Message}"));
        }
    }

    /// <summary>Leaves out deeds as long as it still fails.</summary>
    public static Scenario Shrink(Scenario scenario, SimRules rules)
    {
        for (var place = scenario.Steps.Count - 1; place >= 0; place--)
        {
            var smaller = scenario with { Steps = [.. scenario.Steps.Where((_, at) => at != place)] };
            if (Run(smaller, rules).Violation is not null) scenario = smaller;
        }

        return scenario;
    }

    // Who was frozen or dead until a moment ago has not been told yet what is no longer wanted.
    private static bool IsAtRest(SimFarm farm, DateTimeOffset ended) => farm.Workers.All(worker =>
        worker.IsAlive && (farm.Clock.Now - (worker.LastDisturbed > ended ? worker.LastDisturbed : ended)).TotalSeconds > RestSeconds);

    private static int Advance(SimFarm farm)
    {
        farm.Clock.Step();
        // Rows that nothing has touched still hold.
        if (farm.Record.IsTouched) farm.Invariants.Check();
        farm.Record.IsTouched = false;
        return 1;
    }

    private static void MakePeace(SimFarm farm)
    {
        (farm.Bus.IsAway, farm.Bus.IsNoisy, farm.Store.IsAway, farm.Store.TruncatesNext, farm.Record.IsAway, farm.Record.IsPaused) = (false, false, false, false, false, false);
        farm.TakeFreeze();
        for (var which = 0; which < 2; which++) farm.Coordinator(which).NextCrash = CrashPoint.None;
        foreach (var job in farm.Record.Jobs) job.PausedAt = null;
    }
}
