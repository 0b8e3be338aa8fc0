namespace RenderFarm.Coordinator.Simulation;

/// <summary>Percentiles of something, in the unit its name says.</summary>
/// <param name="Count">How many there were.</param>
/// <param name="P5">5th percentile.</param>
/// <param name="P50">Median.</param>
/// <param name="P95">95th percentile.</param>
/// <param name="P99">99th percentile.</param>
/// <param name="Max">The greatest.</param>
public sealed record Percentiles(int Count, double P5, double P50, double P95, double P99, double Max)
{
    /// <summary>Percentiles by nearest rank; zeros where there is nothing.</summary>
    public static Percentiles Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        double At(double share) => sorted.Length == 0 ? 0 : Math.Round(sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)], 3);
        return new Percentiles(sorted.Length, At(0.05), At(0.5), At(0.95), At(0.99), At(1));
    }
}

/// <summary>How long some part of the jobs waited, in seconds.</summary>
/// <param name="Who">Which jobs.</param>
/// <param name="FirstImageStart">Submit to the first UNet call of a job's first image.</param>
/// <param name="JobEnd">Submit to the job's last image.</param>
public sealed record WaitingFigures(string Who, Percentiles FirstImageStart, Percentiles JobEnd);

/// <summary>Share of the cost that one class or tenant got while all in question had work waiting.</summary>
/// <param name="Who">Whose.</param>
/// <param name="Share">What it got, 0…1.</param>
/// <param name="Weight">What its weight says, 0…1.</param>
public sealed record ShareFigures(string Who, double Share, double Weight);

/// <summary>The farm at one moment.</summary>
/// <param name="Hour">Virtual hours.</param>
/// <param name="Waiting">Images not yet dispatched.</param>
/// <param name="TenantsWaiting">Tenants with such images.</param>
/// <param name="Utilisation">Cost dispatched since the last moment ÷ what the fleet can do in that time; above 1 while devices fill up.</param>
public sealed record SimulatedMoment(double Hour, long Waiting, int TenantsWaiting, double Utilisation);

/// <summary>What a simulation found.</summary>
/// <param name="Options">What it was asked.</param>
/// <param name="Jobs">Jobs, all done.</param>
/// <param name="Images">Images, all done.</param>
/// <param name="Hours">Virtual hours until the last was done.</param>
/// <param name="Waiting">Waiting by class, by size of the job, and of small jobs by size of the tenant.</param>
/// <param name="ClassShares">Share of each class while all three had work waiting.</param>
/// <param name="TenantShares">What a tenant got ÷ what each of those in its class got on average that had work waiting throughout the same ten minutes; 1 is fair.</param>
/// <param name="KindUtilisation">Share of the time until the last arrival that devices of a kind were in a call.</param>
/// <param name="Timeline">The farm every ten minutes.</param>
public sealed record SimulationReport(
    FarmSimulationOptions Options,
    int Jobs,
    long Images,
    double Hours,
    IReadOnlyList<WaitingFigures> Waiting,
    IReadOnlyList<ShareFigures> ClassShares,
    Percentiles TenantShares,
    IReadOnlyDictionary<string, double> KindUtilisation,
    IReadOnlyList<SimulatedMoment> Timeline);
