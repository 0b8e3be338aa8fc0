using System.Globalization;
using RenderFarm.Testing;

namespace RenderFarm.Benchmarks.Schedule;

/// <summary>
/// What batching at every step is worth on a device where a call costs a + c × rows: the highest rate of Poisson arrivals that keeps the 99th
/// percentile of the latency within a bound, for the engine's own selection and for three ways to batch whole requests. No wall clock is looked at: the
/// figures are the same on any machine.
/// </summary>
internal static class ScheduleBenchmark
{
    private const int Images = 8_000;
    private static readonly int[] Seeds = [1, 2, 3, 4, 5];
    private static readonly Arrivals[] Standard = [.. Seeds.Select(seed => new Arrivals(seed, Images))];
    private static readonly Arrivals[] WithShort = [.. Seeds.Select(seed => new Arrivals(seed, Images, shortShare: 0.1))];

    private static readonly (string Name, IPolicy Policy)[] Requests =
    [
        ("one at a time", new RequestLevel(1, equalSteps: true)),
        ("requests of equal steps", new RequestLevel(Device.MaxImages, equalSteps: true)),
        ("requests padded to the longest", new RequestLevel(Device.MaxImages, equalSteps: false)),
    ];

    private static readonly (string Name, IPolicy Policy)[] Orders =
    [
        ("order of arrival", new StepLevel((image, _) => image.Entered)),
        ("longest since its last turn, 16 in progress", new StepLevel((image, _) => image.LastTurn, Device.MaxImages)),
        ("fewest turns had", new StepLevel((image, _) => image.Steps - image.TurnsLeft)),
        ("fewest turns left", new StepLevel((image, _) => image.TurnsLeft)),
        ("due at entry + 1 × steps", new StepLevel((image, _) => image.Entered + image.Steps)),
        ("due at entry + 2 × steps", new StepLevel((image, _) => image.Entered + (2 * image.Steps))),
        ("due at entry + 4 × steps (the engine's)", new StepLevel()),
        ("due at entry + 8 × steps", new StepLevel((image, _) => image.Entered + (8 * image.Steps))),
    ];

    public static bool Run(Results results)
    {
        var ours = new StepLevel();
        foreach (var device in Device.All)
        {
            var requests = Requests.Select(other => (other.Name, Rates: Rates(other.Policy, device, Standard))).ToArray();
            var step = Rates(ours, device, Standard);
            foreach (var (name, rates) in requests) Note(results, device, name, "images/s", rates);
            Note(results, device, "batching at every step", "images/s", step);
            var first = device == Device.All[0];
            var best = step.Select((rate, seed) => rate / requests.Max(other => other.Rates[seed])).ToArray();
            var single = step.Select((rate, seed) => rate / requests[0].Rates[seed]).ToArray();
            results.AtLeast($"{device.Name}: every step ÷ best of the others", "ratio", best, first ? 1.4 : 1);
            results.AtLeast($"{device.Name}: every step ÷ one at a time", "ratio", single, first ? 2.3 : 1);
        }

        CompareOrders(results, Device.All[0]);
        Plot(Device.All[0], [.. Requests, ("batching at every step", ours)]);
        return results.Write("schedule");
    }

    /// <summary>Which order serves long and short images: rates of the standard mix, and latencies at 4 images/s where every tenth takes 4 steps.</summary>
    private static void CompareOrders(Results results, Device device)
    {
        foreach (var (name, policy) in Orders)
        {
            Note(results, device, $"order: {name}", "images/s", Rates(policy, device, Standard));
            Note(results, device, $"order: {name}, p99 of all at 4/s", "s", At(policy, _ => true));
            Note(results, device, $"order: {name}, p99 of 4-step images at 4/s", "s", At(policy, image => image.Steps == 4));
        }

        double[] At(IPolicy policy, Func<SimulatedImage, bool> only) =>
            Each(WithShort, arrivals => RateSearch.Percentile(policy.Latencies(device, arrivals, 4, only), 0.99));
    }

    private static void Plot(Device device, (string Name, IPolicy Policy)[] policies)
    {
        double[] rates = [.. Enumerable.Range(1, 29).Select(i => i * 0.2)];
        var plot = new LatencyPlot(device.Name, rates[^1], 2 * device.Bound, device.Bound);
        foreach (var (name, policy) in policies)
            plot.Add(name, [.. rates.Select(rate => (rate, Each(Standard, arrivals => RateSearch.Percentile(policy.Latencies(device, arrivals, rate), 0.99)).Order().ElementAt(2)))]);
        File.WriteAllText(Repository.PathTo("tests", "RenderFarm.Benchmarks", "results", "schedule.svg"), plot.ToSvg());
    }

    private static double[] Rates(IPolicy policy, Device device, Arrivals[] arrivals) => Each(arrivals, drawn => policy.HighestRate(device, drawn));

    private static double[] Each(Arrivals[] arrivals, Func<Arrivals, double> figure) => [.. arrivals.AsParallel().AsOrdered().Select(figure)];

    private static void Note(Results results, Device device, string what, string unit, double[] samples) =>
        results.Note(string.Create(CultureInfo.InvariantCulture, $"{device.Name}, p99 ≤ {device.Bound} s: {what}"), unit, samples);
}
