using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Hosting.Background;

namespace RenderFarm.Coordinator.Leadership;

/// <summary>
/// The leadership over a record that several coordinators share. Renews what it holds, seeks what it does not: a standby knows when the
/// leader expires and is there at that moment. A clean stop hands the leadership on at once. A leader without a bus offers it (<see cref="BusStanding"/>).
/// </summary>
/// <remarks>
/// <see cref="Epoch"/> goes out by this coordinator's own monotonic clock, counted from before the renewal was sent, so it is gone before the
/// database lets anyone else lead. A coordinator that was frozen may still believe for an instant; the fence in every statement does not.
/// </remarks>
internal sealed class SharedLeadership(
    PostgresDatabase database,
    Func<bool> isBusUp,
    IEnumerable<ILeadershipGained> followUps,
    IOptions<RecordOptions> options,
    IOptions<CoordinatorOptions> coordinator,
    TimeProvider clock,
    ILogger<SharedLeadership> logger) : FarmLoop(options.Value.LeadershipRenewal, clock, logger), ILeadership
{
    private readonly string _holder = $"{coordinator.Value.Name}/{Guid.NewGuid():N}";
    private readonly TimeSpan _duration = options.Value.LeadershipDuration;
    private readonly TimeProvider _clock = clock;
    private readonly BusStanding _bus = new(clock);
    private NpgsqlConnection? _connection;
    private Term? _term;

    public event Action? Gained;

    public long? Epoch => Volatile.Read(ref _term) is { } term && _clock.GetElapsedTime(term.RenewedAt) < _duration ? term.Epoch : null;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        var term = Interlocked.Exchange(ref _term, null);
        try
        {
            if (term is not null && _connection is not null) await LeaderRow.ReleaseAsync(_connection, term.Epoch, _duration, cancellationToken);
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException or OperationCanceledException)
        {
            // It expires by itself, a few seconds later.
            CoordinatorLog.LeadershipNotReleased(logger, term!.Epoch, error);
        }

        await DisconnectAsync();
    }

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        _bus.Look(isBusUp());
        try
        {
            // A connection of its own: a pool that is used up must not cost the leadership.
            _connection ??= await database.OpenAloneAsync(isPatient: false, stopping);
            if (_term is { } term && await RenewAsync(term, stopping)) return false;
            return await SeekAsync(stopping);
        }
        catch
        {
            await DisconnectAsync();
            throw;
        }
    }

    private async Task<bool> RenewAsync(Term term, CancellationToken stopping)
    {
        var (asked, isOffered) = (_clock.GetTimestamp(), _bus.IsAway);
        if (await LeaderRow.RenewAsync(_connection!, term.Epoch, _holder, isOffered, _duration, stopping))
        {
            Volatile.Write(ref _term, term with { RenewedAt = asked, IsOffered = isOffered });
            if (isOffered && !term.IsOffered) CoordinatorLog.LeadershipOffered(logger, term.Epoch);
            if (!isOffered && term.IsOffered) CoordinatorLog.LeadershipKept(logger, term.Epoch);
            return true;
        }

        Volatile.Write(ref _term, null);
        CoordinatorLog.LeadershipLost(logger, term.Epoch);
        return false;
    }

    private async Task<bool> SeekAsync(CancellationToken stopping)
    {
        var asked = _clock.GetTimestamp();
        var (epoch, freeIn) = await LeaderRow.TakeAsync(_connection!, _holder, _duration, _bus.Deference, _bus.IsSettled, stopping);
        if (epoch is { } gained)
        {
            await FollowUpAsync(gained, stopping);
            Volatile.Write(ref _term, new Term(gained, asked, IsOffered: false));
            CoordinatorLog.LeadershipGained(logger, gained);
            Gained?.Invoke();
            return false;
        }

        if (freeIn > options.Value.LeadershipRenewal) return false;
        await Task.Delay(freeIn > TimeSpan.Zero ? freeIn : TimeSpan.Zero, _clock, stopping);
        return true;
    }

    private async Task FollowUpAsync(long epoch, CancellationToken stopping)
    {
        try
        {
            foreach (var followUp in followUps) await followUp.OnGainedAsync(epoch, stopping);
        }
        catch
        {
            await LeaderRow.ReleaseAsync(_connection!, epoch, _duration, stopping);
            throw;
        }
    }

    private async Task DisconnectAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection) await connection.DisposeAsync();
    }

    private sealed record Term(long Epoch, long RenewedAt, bool IsOffered);
}
