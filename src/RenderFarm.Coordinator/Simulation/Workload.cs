using RenderFarm.Contracts;

namespace RenderFarm.Coordinator.Simulation;

/// <summary>
/// Jobs of a day: tenants by Zipf's law with exponent 1, arrivals by a Poisson flow whose rate swings by half around its mean over 24 hours
/// (the least at midnight), job sizes from one image to sweeps of thousands, steps and sizes as people ask for them.
/// </summary>
internal static class Workload
{
    private const double Swing = 0.5;
    private static readonly (int Value, double Share)[] JobSizes = [(1, 0.55), (4, 0.25), (16, 0.12), (100, 0.06), (500, 0.018), (5_000, 0.002)];
    private static readonly (int Value, double Share)[] Sides = [(512, 0.6), (768, 0.25), (1_024, 0.15)];
    private static readonly (int Value, double Share)[] Steps = [(4, 0.1), (20, 0.3), (25, 0.25), (30, 0.2), (50, 0.15)];
    private static readonly (string Value, double Share)[] Classes = [(Priorities.High, 0.05), (Priorities.Normal, 0.75), (Priorities.Low, 0.2)];
    private static readonly (string Value, double Share)[] Determinism = [(DeterminismClasses.Reproducible, 0.5), (DeterminismClasses.Fast, 0.5)];

    /// <summary>All jobs, in order of submission.</summary>
    public static List<SimulatedJob> Draw(FarmSimulationOptions options)
    {
        var random = new Random(options.Seed);
        var wanted = Math.Max(1, (long)(options.ImagesPerDay * options.Hours / 24));
        var tenants = ZipfSums(options.Tenants);
        var jobs = new List<SimulatedJob>();
        for (long images = 0; images < wanted;)
        {
            var steps = Pick(Steps, random);
            var job = new SimulatedJob
            {
                Id = new JobId(IdAt(jobs.Count)),
                Tenant = PickTenant(tenants, random),
                Priority = Pick(Classes, random),
                Determinism = Pick(Determinism, random),
                SubmittedAt = PickTime(options.Hours * 3_600, random),
                Images = (int)Math.Min(Pick(JobSizes, random), wanted - images),
                Side = Pick(Sides, random),
                Steps = steps,
                // Checkpoints that need 4 steps are distilled: they run without guidance.
                Rows = steps == 4 ? 1 : 2,
            };
            images += job.Images;
            jobs.Add(job);
        }

        jobs.Sort((a, b) => a.SubmittedAt.CompareTo(b.SubmittedAt));
        return jobs;
    }

    private static Guid IdAt(int place) => new(place, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0);

    private static double PickTime(double seconds, Random random)
    {
        while (true)
        {
            var time = random.NextDouble() * seconds;
            var rate = 1 - (Swing * Math.Cos(2 * Math.PI * time / 86_400));
            if (random.NextDouble() * (1 + Swing) < rate) return time;
        }
    }

    private static double[] ZipfSums(int tenants)
    {
        var sums = new double[tenants];
        for (var rank = 0; rank < tenants; rank++) sums[rank] = (rank == 0 ? 0 : sums[rank - 1]) + (1.0 / (rank + 1));
        return sums;
    }

    private static int PickTenant(double[] sums, Random random)
    {
        var found = Array.BinarySearch(sums, random.NextDouble() * sums[^1]);
        return Math.Min(found < 0 ? ~found : found, sums.Length - 1);
    }

    private static T Pick<T>((T Value, double Share)[] choices, Random random)
    {
        var left = random.NextDouble();
        foreach (var (value, share) in choices)
        {
            if ((left -= share) < 0) return value;
        }

        return choices[^1].Value;
    }
}
