using RenderFarm.Hosting.Messaging.Broker;
using RenderFarm.Hosting.Messaging.Queues;
using RenderFarm.Testing.Faults.Inside;
using RenderFarm.Testing.Services;

namespace RenderFarm.Testing.Faults;

/// <summary>Faults of single processes, beside those of <see cref="KillMatrix"/>.</summary>
public static class Crashes
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>The one coordinator dies at each of its points, as often as asked, and is started again. Returns the deaths.</summary>
    public static async Task<int> CoordinatorAsync(FarmUnderTest farm, FarmLedger ledger, int seeds, CancellationToken cancellation)
    {
        farm.StartWorker("w-0");
        await ledger.SubmitAsync(1, cancellation);
        var deaths = 0;
        for (var seed = 0; seed < seeds; seed++)
        {
            foreach (var point in KillPoints.OfCoordinator)
            {
                await farm.Coordinators[0].KillAsync();
                await farm.StartCoordinatorAsync(0, (point, 3 + seed), cancellation);
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                var feeding = Load.FeedAsync(farm, ledger, images: 4, waiting: 12, enough.Token);
                await farm.Coordinators[0].Ended.WaitAsync(Limit, cancellation);
                await enough.CancelAsync();
                if (farm.Coordinators[0].DiedAtItsPoint) deaths++;
                await farm.StartCoordinatorAsync(0, null, cancellation);
                await feeding;
            }
        }

        await ledger.AllEndedAsync(Limit, cancellation);
        return deaths;
    }

    /// <summary>The leader of two coordinators is killed under load, and the other goes on. Returns the time until the next epoch led.</summary>
    public static async Task<TimeSpan> LeaderAsync(FarmUnderTest farm, FarmLedger ledger, CancellationToken cancellation)
    {
        farm.StartWorker("w-0");
        farm.StartWorker("w-1");
        await ledger.SubmitAsync(1, cancellation);
        await ledger.AllEndedAsync(Limit, cancellation);
        var leader = await Zombies.LeaderAsync(farm, cancellation);
        var epoch = await EpochAsync(farm, cancellation);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var feeding = Load.FeedAsync(farm, ledger, images: 8, waiting: 32, enough.Token, coordinator: () => 1 - leader);
        await Wait.UntilAsync(async () => await RunningAsync(farm, cancellation) > 0, Limit, "images to run", cancellation);
        var killed = TimeProvider.System.GetTimestamp();
        await farm.Coordinators[leader].KillAsync();
        await Wait.UntilAsync(async () => await EpochAsync(farm, cancellation) > epoch, Limit, "the standby to lead", cancellation);
        var away = TimeProvider.System.GetElapsedTime(killed);
        await ledger.SubmitAsync(8, cancellation, coordinator: 1 - leader);
        await enough.CancelAsync();
        await feeding;
        await ledger.AllEndedAsync(Limit, cancellation);
        return away;
    }

    /// <summary>The leader of two coordinators loses the broker, and nothing else. Returns the time until the other led and had images finished.</summary>
    public static async Task<(TimeSpan Away, TimeSpan Finished)> CutOffLeaderAsync(FarmUnderTest farm, FarmLedger ledger, CancellationToken cancellation)
    {
        farm.StartWorker("w-0");
        await ledger.SubmitAsync(1, cancellation);
        await ledger.AllEndedAsync(Limit, cancellation);
        // A standby that has just come takes nothing from a leader.
        await Wait.ForAsync(TimeSpan.FromSeconds(5), cancellation);
        var leader = await Zombies.LeaderAsync(farm, cancellation);
        var epoch = await EpochAsync(farm, cancellation);
        var cut = TimeProvider.System.GetTimestamp();
        farm.BrokerLineOf(leader).Refuse();
        await ledger.SubmitAsync(4, cancellation, coordinator: leader);
        await Wait.UntilAsync(async () => await EpochAsync(farm, cancellation) > epoch, Limit, "the standby to lead", cancellation);
        var away = TimeProvider.System.GetElapsedTime(cut);
        await ledger.AllEndedAsync(Limit, cancellation);
        var finished = TimeProvider.System.GetElapsedTime(cut);
        farm.BrokerLineOf(leader).Accept();
        return (away, finished);
    }

    /// <summary>
    /// The standby of two coordinators loses the database while the only worker renders, for longer than a lease. Returns how often a run was lost.
    /// </summary>
    public static async Task<long> CutOffStandbyAsync(FarmUnderTest farm, FarmLedger ledger, TimeSpan away, CancellationToken cancellation)
    {
        farm.StartWorker("w-0");
        await ledger.SubmitAsync(1, cancellation);
        await ledger.AllEndedAsync(Limit, cancellation);
        var leader = await Zombies.LeaderAsync(farm, cancellation);
        await ReadersAsync(2);
        await ledger.SubmitAsync(12, cancellation, coordinator: leader);
        await Wait.UntilAsync(async () => await RunningAsync(farm, cancellation) > 0, Limit, "an image to run", cancellation);
        farm.DatabaseLineOf(1 - leader).Refuse();
        await ReadersAsync(1);
        await Wait.ForAsync(away, cancellation);
        await ledger.SubmitAsync(4, cancellation, coordinator: leader);
        await ledger.AllEndedAsync(Limit, cancellation);
        farm.DatabaseLineOf(1 - leader).Accept();
        await ReadersAsync(2);
        await ledger.SubmitAsync(4, cancellation, coordinator: 1 - leader);
        await ledger.AllEndedAsync(Limit, cancellation);
        return await CountAsync(farm, "select sum(rescues + attempt - 1)::bigint from tasks", cancellation);

        Task ReadersAsync(int count) => Wait.UntilAsync(
            async () => await farm.ReadersAsync(EndpointNames.Reports) == count && await farm.ReadersAsync(EndpointNames.Workers) == count,
            TimeSpan.FromSeconds(30), $"{count} to read what coordinators share", cancellation);
    }

    /// <summary>A job is canceled while the broker takes nothing. Returns how long the client waited for the answer.</summary>
    public static async Task<TimeSpan> CancelWithoutBrokerAsync(FarmUnderTest farm, FarmLedger ledger, CancellationToken cancellation)
    {
        farm.StartWorker("w-0");
        var job = (await ledger.SubmitAsync(8, cancellation)).Job!.Value;
        await Wait.UntilAsync(async () => await RunningAsync(farm, cancellation) > 1, Limit, "images to run", cancellation);
        farm.BrokerLine.Pause();
        var asked = TimeProvider.System.GetTimestamp();
        using (var answer = await farm.Client().PostAsync(new Uri($"/v1/jobs/{job}/cancel", UriKind.Relative), null, cancellation)) answer.EnsureSuccessStatusCode();
        var waited = TimeProvider.System.GetElapsedTime(asked);
        farm.BrokerLine.Resume();
        await ledger.SubmitAsync(1, cancellation);
        await ledger.AllEndedAsync(Limit, cancellation);
        return waited;
    }

    /// <summary>One image that kills its worker among others that do not, on workers that are started again. Returns the deaths of workers.</summary>
    public static async Task<int> PoisonAsync(FarmUnderTest farm, FarmLedger ledger, int innocents, CancellationToken cancellation)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var deaths = 0;
        var seats = Enumerable.Range(0, 2).Select(async seat =>
        {
            while (!enough.IsCancellationRequested)
            {
                var worker = farm.StartWorker($"w-{seat}");
                await Task.WhenAny(worker.Ended, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, enough.Token));
                if (worker.HasEnded) Interlocked.Increment(ref deaths);
            }
        }).ToList();
        await ledger.SubmitAsync(innocents / 2, cancellation);
        await ledger.SubmitAsync(1, cancellation, "poison");
        await ledger.SubmitAsync(innocents - (innocents / 2), cancellation);
        await ledger.AllEndedAsync(Limit, cancellation);
        await enough.CancelAsync();
        await Task.WhenAll(seats);
        return deaths;
    }

    /// <summary>The only worker's line to the broker is cut while it renders; it finishes meanwhile, and delivers when the line is back.</summary>
    public static async Task CutOffWorkerAsync(FarmUnderTest farm, FarmLedger ledger, TimeSpan away, CancellationToken cancellation)
    {
        var line = farm.NewBrokerLine();
        farm.StartWorker("w-0", line: line);
        await ledger.SubmitAsync(4, cancellation);
        await Wait.UntilAsync(async () => await RunningAsync(farm, cancellation) > 0, Limit, "an image to run", cancellation);
        line.Refuse();
        await Wait.ForAsync(away, cancellation);
        line.Accept();
        await ledger.AllEndedAsync(Limit, cancellation);
    }

    /// <summary>
    /// The only worker hears the broker and is not heard: it takes attempts whose acknowledgements are lost. When the line is cut and comes back, the broker delivers
    /// them again, some while they render and some when they are done.
    /// </summary>
    public static async Task DeliverAgainAsync(FarmUnderTest farm, FarmLedger ledger, TimeSpan unheard, CancellationToken cancellation)
    {
        var line = farm.NewBrokerLine();
        farm.StartWorker("w-0", line: line);
        await ledger.SubmitAsync(1, cancellation);
        await ledger.AllEndedAsync(Limit, cancellation);
        line.PauseQuestions();
        await ledger.SubmitAsync(8, cancellation);
        await Wait.ForAsync(unheard, cancellation);
        line.Cut();
        line.Resume();
        await ledger.AllEndedAsync(Limit, cancellation);
    }

    /// <summary>The object store cannot be reached while images are finished, for longer than a request is tried.</summary>
    public static async Task CutOffStoreAsync(FarmUnderTest farm, FarmLedger ledger, TimeSpan away, CancellationToken cancellation)
    {
        farm.StartWorker("w-0");
        await ledger.SubmitAsync(8, cancellation);
        await Wait.UntilAsync(async () => await RunningAsync(farm, cancellation) > 0, Limit, "an image to run", cancellation);
        farm.StoreWire.Refuse();
        await Wait.ForAsync(away, cancellation);
        farm.StoreWire.Accept();
        await ledger.AllEndedAsync(Limit, cancellation);
    }

    /// <summary>A worker is asked to end while it renders, and another takes over. Returns the attempts that the record had charged when the first had gone.</summary>
    public static async Task<long> StopWorkerAsync(FarmUnderTest farm, FarmLedger ledger, CancellationToken cancellation)
    {
        var worker = farm.StartWorker("w-0");
        await ledger.SubmitAsync(4, cancellation);
        await Wait.UntilAsync(async () => await RunningAsync(farm, cancellation) > 0, Limit, "an image to run", cancellation);
        worker.Send(Signal.Terminate);
        await worker.Ended.WaitAsync(Limit, cancellation);
        await Wait.UntilAsync(async () => await CountAsync(farm, "select count(*) from tasks where status = 'queued'", cancellation) == 4, Limit, "all to be handed back", cancellation);
        var charged = await CountAsync(farm, "select coalesce(sum(charged), 0) from tasks", cancellation);
        farm.StartWorker("w-1");
        await ledger.AllEndedAsync(Limit, cancellation);
        return charged;
    }

    /// <summary>One of a worker's two devices gets stuck for good; the worker ends by itself, and another renders what is left. Returns the exit code.</summary>
    public static async Task<int> StickDeviceAsync(FarmUnderTest farm, FarmLedger ledger, CancellationToken cancellation)
    {
        var worker = farm.StartWorker("w-0", more: new Dictionary<string, string>
        {
            ["RENDERFARM__WORKER__DEVICES"] = "cpu:0,cpu:1",
            ["RENDERFARM__WORKER__STUCKAFTER"] = "00:00:01",
            ["RENDERFARM__WORKER__STUCKGRACE"] = "00:00:00.2",
            [PacedPipeline.StuckVariable] = "1",
        });
        await ledger.SubmitAsync(1, cancellation, "stuck");
        await ledger.SubmitAsync(20, cancellation);
        await worker.Ended.WaitAsync(Limit, cancellation);
        farm.StartWorker("w-1");
        await ledger.AllEndedAsync(Limit, cancellation);
        return worker.ExitCode;
    }

    private static Task<long> RunningAsync(FarmUnderTest farm, CancellationToken cancellation) =>
        CountAsync(farm, "select count(*) from tasks where status = 'running'", cancellation);

    private static Task<long> EpochAsync(FarmUnderTest farm, CancellationToken cancellation) =>
        CountAsync(farm, "select coalesce(max(epoch), 0) from leadership", cancellation);

    private static async Task<long> CountAsync(FarmUnderTest farm, string question, CancellationToken cancellation)
    {
        await using var command = farm.Record.CreateCommand(question);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }
}
