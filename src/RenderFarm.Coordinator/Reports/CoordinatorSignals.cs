using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;

namespace RenderFarm.Coordinator.Reports;

/// <summary>
/// Wake-ups between coordinators that share a record, by PostgreSQL's LISTEN and NOTIFY: a job changed here wakes event streams there, and
/// a submission here wakes the dispatcher of the leader. May lose signals, and says nothing twice on purpose: whoever is woken reads the
/// record, and whoever is not looks at it by itself a little later. What waits to be sent is bounded. Does nothing for a record that one
/// process owns.
/// </summary>
internal sealed class CoordinatorSignals(IDatabase database, JobEventHub events, Dispatcher dispatcher, TimeProvider clock, ILogger<CoordinatorSignals> logger) : BackgroundService
{
    private const string Channel = "renderfarm";
    private const int MostWaiting = 10_000;
    private static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(1);

    private readonly string _sender = Guid.NewGuid().ToString("N")[..12];
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _waiting = new(0, 1);
    private HashSet<JobId> _changed = [];
    private bool _isOverfull;
    private bool _leaderWanted;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (database is not PostgresDatabase) return;
        events.ChangedHere += Changed;
        dispatcher.LeaderWanted += WantLeader;
        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        base.Dispose();
        _waiting.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var source = ((PostgresDatabase)database).Source;
        return Task.WhenAll(RepeatAsync(() => ListenAsync(source, stoppingToken), stoppingToken), RepeatAsync(() => SendAsync(source, stoppingToken), stoppingToken));
    }

    private void Changed(IReadOnlyCollection<JobId> jobs)
    {
        lock (_gate)
        {
            if (_changed.Count + jobs.Count > MostWaiting) _isOverfull = true;
            else _changed.UnionWith(jobs);
        }

        Ring();
    }

    private void WantLeader()
    {
        lock (_gate) _leaderWanted = true;
        Ring();
    }

    private void Ring()
    {
        lock (_gate)
        {
            if (_waiting.CurrentCount == 0) _waiting.Release();
        }
    }

    private Signal Take()
    {
        lock (_gate)
        {
            var signal = new Signal(_sender, _leaderWanted, _isOverfull ? null : _changed);
            (_changed, _isOverfull, _leaderWanted) = ([], false, false);
            return signal;
        }
    }

    // A name that cannot be resolved, say, is an error of no kind that a database client has.
    private Task RepeatAsync(Func<Task> round, CancellationToken stopping) =>
        Unending.RepeatAsync(round, error => CoordinatorLog.SignalsInterrupted(logger, error), Reconnect, clock, stopping);

    private async Task SendAsync(NpgsqlDataSource source, CancellationToken stopping)
    {
        await _waiting.WaitAsync(stopping);
        await using var notify = source.CreateCommand($"SELECT pg_notify('{Channel}', $1)");
        notify.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Take().ToString() });
        await notify.ExecuteNonQueryAsync(stopping);
    }

    private async Task ListenAsync(NpgsqlDataSource source, CancellationToken stopping)
    {
        await using var connection = await source.OpenConnectionAsync(stopping);
        connection.Notification += (_, notification) => Receive(notification.Payload);
        await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection)) await listen.ExecuteNonQueryAsync(stopping);
        // Whatever was said before this was not heard.
        events.ChangedAnywhere();
        dispatcher.Wake();
        while (!stopping.IsCancellationRequested) await connection.WaitAsync(stopping);
    }

    private void Receive(string text)
    {
        if (Signal.Parse(text) is not { } signal || signal.Sender == _sender) return;
        if (signal.Jobs is null) events.ChangedAnywhere();
        else events.ChangedElsewhere(signal.Jobs);
        if (signal.LeaderWanted) dispatcher.WakeIfLeading();
    }
}
