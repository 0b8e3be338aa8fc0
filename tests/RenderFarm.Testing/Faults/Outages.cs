using System.Globalization;

namespace RenderFarm.Testing.Faults;

/// <summary>Servers that can go away.</summary>
[Flags]
public enum Servers
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The broker.</summary>
    Broker = 1,

    /// <summary>The database.</summary>
    Database = 2,

    /// <summary>The object store.</summary>
    Store = 4,

    /// <summary>All of them, one after the other.</summary>
    All = Broker | Database | Store,
}

/// <summary>How much of each outage there shall be.</summary>
/// <param name="Restarts">Times the broker is restarted, and times the database is.</param>
/// <param name="Down">How long the broker is away, and how long it is frozen; the same for the store.</param>
/// <param name="Cuts">Times every connection to the database is cut, wherever in a transaction it is.</param>
/// <param name="StoreErrors">How long the store is ill.</param>
/// <param name="Batch">Images of one measurement of throughput.</param>
/// <param name="Batches">Such measurements before the outages, and again after them.</param>
/// <param name="Of">Whose outages.</param>
public sealed record OutageSize(int Restarts, TimeSpan Down, int Cuts, TimeSpan StoreErrors, int Batch, int Batches = 1, Servers Of = Servers.All);

/// <summary>What came of the outages.</summary>
/// <param name="SubmitsWhileDown">Jobs accepted while the broker was away or frozen.</param>
/// <param name="SlowestSubmit">The longest wait for one of those answers, in seconds.</param>
/// <param name="Refused">Requests that the store refused.</param>
/// <param name="Truncated">Uploads that were cut off.</param>
/// <param name="Restarted">Processes that did not live through it.</param>
/// <param name="Before">Images a second before the outages, by batch.</param>
/// <param name="After">Images a second after them, by batch.</param>
/// <param name="Verdict">What the ledger says afterwards.</param>
public sealed record OutageOutcome(
    int SubmitsWhileDown, double SlowestSubmit, int Refused, int Truncated, int Restarted, IReadOnlyList<double> Before, IReadOnlyList<double> After, Verdict Verdict);

/// <summary>Servers that go away, freeze and lie under a farm at work.</summary>
public static class Outages
{
    private const int WarmUps = 2;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Runs those that are asked for, one after the other, under load. When it fails, the logs of the farm stay.</summary>
    /// <param name="farm">A farm with servers of its own.</param>
    /// <param name="ledger">Its ledger.</param>
    /// <param name="size">How much.</param>
    /// <param name="say">Told of every step.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<OutageOutcome> RunAsync(FarmUnderTest farm, FarmLedger ledger, OutageSize size, Action<string> say, CancellationToken cancellation)
    {
        try
        {
            return await MeasureAsync(farm, ledger, size, say, cancellation);
        }
        catch
        {
            farm.KeepsLogs = true;
            throw;
        }
    }

    private static async Task<OutageOutcome> MeasureAsync(FarmUnderTest farm, FarmLedger ledger, OutageSize size, Action<string> say, CancellationToken cancellation)
    {
        var processes = farm.Coordinators.Append(farm.StartWorker("w-0")).Append(farm.StartWorker("w-1")).ToList();
        // The first ones compile the code.
        for (var i = 0; i < WarmUps; i++) await Load.ThroughputAsync(ledger, size.Batch, cancellation);
        var before = await BatchesAsync(ledger, size, cancellation);
        say($"before: {string.Join(" ", before.Select(rate => rate.ToString("0.0", CultureInfo.InvariantCulture)))} images/s");
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var feeding = Load.FeedAsync(farm, ledger, images: 8, waiting: 48, enough.Token);
        var disturbing = DisturbAsync(farm, ledger, size, say, enough.Token);
        // A submit that is answered with an error ends the feeding, and is what went wrong; without work nothing else would be seen.
        if (await Task.WhenAny(feeding, disturbing) == feeding) await feeding;
        var (submits, slowest) = await disturbing;
        await enough.CancelAsync();
        await feeding;
        await ledger.AllEndedAsync(Limit, cancellation);
        var after = await BatchesAsync(ledger, size, cancellation);
        say($"after: {string.Join(" ", after.Select(rate => rate.ToString("0.0", CultureInfo.InvariantCulture)))} images/s");
        return new OutageOutcome(
            submits, slowest, farm.StoreLine.Refused, farm.StoreLine.Truncated, processes.Count(process => process.HasEnded), before, after,
            await FarmAudit.RunAsync(farm, ledger, cancellation));
    }

    private static async Task<List<double>> BatchesAsync(FarmLedger ledger, OutageSize size, CancellationToken cancellation)
    {
        var rates = new List<double>();
        for (var i = 0; i < size.Batches; i++) rates.Add(await Load.ThroughputAsync(ledger, size.Batch, cancellation));
        return rates;
    }

    private static async Task<(int Submits, double Slowest)> DisturbAsync(
        FarmUnderTest farm, FarmLedger ledger, OutageSize size, Action<string> say, CancellationToken cancellation)
    {
        var submits = size.Of.HasFlag(Servers.Broker) ? await BrokerAsync(farm, ledger, size, say, cancellation) : default;
        if (size.Of.HasFlag(Servers.Database)) await DatabaseAsync(farm, size, say, cancellation);
        if (size.Of.HasFlag(Servers.Store)) await StoreAsync(farm, size, say, cancellation);
        return submits;
    }

    private static async Task<(int Submits, double Slowest)> BrokerAsync(
        FarmUnderTest farm, FarmLedger ledger, OutageSize size, Action<string> say, CancellationToken cancellation)
    {
        for (var i = 0; i < size.Restarts; i++)
        {
            await (i % 2 == 0 ? farm.Broker.KillAsync() : farm.Broker.StopAsync());
            await farm.Broker.StartAgainAsync();
            say($"broker restarted {i + 1}");
            await WorkIsDoneAsync(farm, cancellation);
        }

        await farm.Broker.KillAsync();
        var down = await SubmitForAsync(ledger, size.Down, cancellation);
        await farm.Broker.StartAgainAsync();
        say($"broker was down: {down.Submits} submits");
        await WorkIsDoneAsync(farm, cancellation);
        farm.Broker.Freeze();
        var frozen = await SubmitForAsync(ledger, size.Down, cancellation);
        farm.Broker.Thaw();
        say($"broker was frozen: {frozen.Submits} submits");
        await WorkIsDoneAsync(farm, cancellation);
        return (down.Submits + frozen.Submits, Math.Max(down.Slowest, frozen.Slowest));
    }

    private static async Task DatabaseAsync(FarmUnderTest farm, OutageSize size, Action<string> say, CancellationToken cancellation)
    {
        for (var i = 0; i < size.Restarts; i++)
        {
            await (i % 2 == 0 ? farm.Database.KillAsync() : farm.Database.StopAsync());
            await farm.Database.StartAgainAsync();
            await WorkIsDoneAsync(farm, cancellation);
        }

        say($"database restarted {size.Restarts} times");
        var dice = new Random(7);
        for (var i = 0; i < size.Cuts; i++)
        {
            // At an odd moment: before, within and after commits.
            await Wait.ForAsync(TimeSpan.FromMilliseconds(dice.Next(20, 400)), cancellation);
            farm.DatabaseLine.Cut();
        }

        say($"database cut {size.Cuts} times");
        await WorkIsDoneAsync(farm, cancellation);
    }

    private static async Task StoreAsync(FarmUnderTest farm, OutageSize size, Action<string> say, CancellationToken cancellation)
    {
        (farm.StoreLine.ErrorShare, farm.StoreLine.TruncatedShare) = (0.2, 0.1);
        await Wait.ForAsync(size.StoreErrors, cancellation);
        (farm.StoreLine.ErrorShare, farm.StoreLine.TruncatedShare) = (0, 0);
        say($"store refused {farm.StoreLine.Refused} requests and lost {farm.StoreLine.Truncated} uploads half way");
        await WorkIsDoneAsync(farm, cancellation);
        farm.StoreWire.Refuse();
        await Wait.ForAsync(size.Down, cancellation);
        farm.StoreWire.Accept();
        say("store was down");
        await WorkIsDoneAsync(farm, cancellation);
        farm.StoreWire.Pause();
        await Wait.ForAsync(size.Down, cancellation);
        farm.StoreWire.Resume();
        say("store was frozen");
        await WorkIsDoneAsync(farm, cancellation);
    }

    private static async Task<(int Submits, double Slowest)> SubmitForAsync(FarmLedger ledger, TimeSpan time, CancellationToken cancellation)
    {
        var (began, submits, slowest) = (TimeProvider.System.GetTimestamp(), 0, 0.0);
        while (TimeProvider.System.GetElapsedTime(began) < time)
        {
            var asked = TimeProvider.System.GetTimestamp();
            await ledger.SubmitAsync(2, cancellation);
            slowest = Math.Max(slowest, TimeProvider.System.GetElapsedTime(asked).TotalSeconds);
            submits++;
            await Wait.ForAsync(TimeSpan.FromMilliseconds(500), cancellation);
        }

        return (submits, slowest);
    }

    // The farm is back when images come out again, not when a health check says so.
    private static async Task WorkIsDoneAsync(FarmUnderTest farm, CancellationToken cancellation)
    {
        var before = await CompletedAsync(farm, cancellation);
        await Wait.UntilAsync(async () => await CompletedAsync(farm, cancellation) > before + 4, Limit, $"images to come out again (logs in {farm.Folder})", cancellation);
    }

    private static async Task<long> CompletedAsync(FarmUnderTest farm, CancellationToken cancellation)
    {
        try
        {
            await using var command = farm.Record.CreateCommand("select count(*) from tasks where status = 'completed'");
            return (long)(await command.ExecuteScalarAsync(cancellation))!;
        }
        catch (Npgsql.NpgsqlException)
        {
            // Not up again yet.
            return 0;
        }
    }
}
