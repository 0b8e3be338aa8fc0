using RenderFarm.Testing.Services;

namespace RenderFarm.Testing.Faults;

/// <summary>How a worker goes silent.</summary>
public enum Silencing
{
    /// <summary>SIGKILL.</summary>
    Killed,

    /// <summary>SIGSTOP.</summary>
    Frozen,

    /// <summary>Its connection to the broker stays open and carries nothing.</summary>
    HalfOpen,
}

/// <summary>How long it takes until what a silent worker ran is back in the backlog.</summary>
public static class RescueTrials
{
    /// <summary>Silences as many workers as there are trials, each running one image, and times each rescue in seconds.</summary>
    public static async Task<IReadOnlyList<double>> RunAsync(FarmSettings settings, Silencing how, int trials, CancellationToken cancellation)
    {
        // An image that never ends within the trial.
        await using var farm = await FarmUnderTest.StartAsync(settings with { Slots = 1, Step = TimeSpan.FromMinutes(10) }, cancellation);
        var ledger = new FarmLedger(farm);
        var lines = Enumerable.Range(0, trials).Select(_ => farm.NewBrokerLine()).ToList();
        var workers = lines.ConvertAll(line => farm.StartWorker($"w-{lines.IndexOf(line)}", line: line));
        await ledger.SubmitAsync(trials * 3, cancellation);
        await Wait.UntilAsync(async () => await RunningAsync(farm, cancellation) == trials, TimeSpan.FromMinutes(3), "every worker to run an image", cancellation);
        var timed = workers.Select(async (worker, i) =>
        {
            // Spread over a heartbeat: when in its rhythm a worker dies must not matter.
            await Wait.ForAsync(settings.Heartbeat * ((double)i / trials), cancellation);
            var began = TimeProvider.System.GetTimestamp();
            if (how == Silencing.Killed) worker.Send(Signal.Kill);
            else if (how == Silencing.Frozen) worker.Send(Signal.Stop);
            else lines[i].Pause();
            await Wait.UntilAsync(() => IsFreeAsync(farm, worker.Name, cancellation), TimeSpan.FromMinutes(1), $"the rescue from {worker.Name}", cancellation);
            return TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        });
        var seconds = await Task.WhenAll(timed);
        foreach (var worker in workers) worker.Send(Signal.Kill);
        return seconds;
    }

    private static async Task<long> RunningAsync(FarmUnderTest farm, CancellationToken cancellation)
    {
        await using var command = farm.Record.CreateCommand("select count(distinct worker) from tasks where status = 'running'");
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task<bool> IsFreeAsync(FarmUnderTest farm, string worker, CancellationToken cancellation)
    {
        await using var command = farm.Record.CreateCommand("select count(*) from tasks where lease_expires_at is not null and worker = $1");
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = worker });
        return (long)(await command.ExecuteScalarAsync(cancellation))! == 0;
    }
}
