using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Leadership;

public sealed class SharedLeadershipTests : IAsyncLifetime
{
    private static readonly RecordOptions Times = new() { LeadershipDuration = TimeSpan.FromSeconds(4), LeadershipRenewal = TimeSpan.FromSeconds(1) };
    private readonly List<PostgresDatabase> _databases = [];
    private readonly List<SharedLeadership> _started = [];
    private string _connection = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _connection = await PostgresRecord.NewAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var leadership in _started) await leadership.StopAsync(CancellationToken.None);
        foreach (var database in _databases) await database.DisposeAsync();
    }

    [Fact]
    public async Task One_of_several_leads_and_the_next_takes_over_at_once_when_it_stops()
    {
        var first = await StartAsync();
        await GainedAsync(first);
        var (second, third) = (await StartAsync(), await StartAsync());
        await second.NextPass();
        await third.NextPass();
        Assert.Equal((1L, null, null), (first.Epoch, second.Epoch, third.Epoch));

        var watch = Stopwatch.StartNew();
        await first.StopAsync(Cancellation);
        await Task.WhenAny(GainedAsync(second), GainedAsync(third));

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Null(first.Epoch);
        Assert.Equal(2, new[] { second.Epoch, third.Epoch }.Single(epoch => epoch is not null));
    }

    [Fact]
    public async Task Frozen_leader_is_replaced_within_five_seconds_and_changes_nothing_while_it_still_believes()
    {
        // A clock that stands still is how a stopped process lives: no renewal is ever due, and its epoch never grows old.
        var frozen = await StartAsync(new FakeTimeProvider());
        await GainedAsync(frozen);
        var standby = await StartAsync();

        var watch = Stopwatch.StartNew();
        await GainedAsync(standby);

        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        Assert.Equal((1L, 2L), (frozen.Epoch!.Value, standby.Epoch!.Value));
        var record = new FarmRecord(_databases[0]);
        await Assert.ThrowsAsync<LeadershipLostException>(() => record.LeadAsync(1, _ => Task.FromResult(0), Cancellation));
        Assert.Equal(7, await record.LeadAsync(2, _ => Task.FromResult(7), Cancellation));
    }

    [Fact]
    public async Task Follow_ups_run_before_the_epoch_is_seen_and_a_failed_one_gives_the_leadership_up()
    {
        var followUp = new FollowUp { FailFirst = true };
        var leadership = await StartAsync(followUp);
        followUp.Leadership = leadership;

        await GainedAsync(leadership);

        Assert.Equal([1, 2], followUp.Epochs);
        Assert.Equal(2, leadership.Epoch);
        Assert.False(followUp.SawEpoch);
    }

    [Fact]
    public async Task Epoch_that_was_given_up_holds_no_more()
    {
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync(Cancellation);
        var (epoch, _) = await LeaderRow.TakeAsync(connection, "a", TimeSpan.FromSeconds(30), TimeSpan.Zero, takesOffered: false, Cancellation);
        Assert.Equal((null, true), await OtherAsync(connection));

        await LeaderRow.ReleaseAsync(connection, epoch!.Value, TimeSpan.FromSeconds(30), Cancellation);

        Assert.False(await RenewAsync(connection, epoch.Value));
        // Offered is what somebody holds. One that defers leaves it to others for as long.
        Assert.Null((await LeaderRow.TakeAsync(connection, "b", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30), takesOffered: true, Cancellation)).Epoch);
        Assert.Equal(2, (await LeaderRow.TakeAsync(connection, "b", TimeSpan.FromSeconds(30), TimeSpan.Zero, takesOffered: false, Cancellation)).Epoch);
        Assert.False(await RenewAsync(connection, epoch.Value));

        static Task<bool> RenewAsync(NpgsqlConnection connection, long epoch) =>
            LeaderRow.RenewAsync(connection, epoch, "a", isOffered: false, TimeSpan.FromSeconds(30), Cancellation);

        static async Task<(long? Epoch, bool IsFar)> OtherAsync(NpgsqlConnection connection)
        {
            var (other, freeIn) = await LeaderRow.TakeAsync(connection, "b", TimeSpan.FromSeconds(30), TimeSpan.Zero, takesOffered: true, Cancellation);
            return (other, freeIn > TimeSpan.FromSeconds(25));
        }
    }

    [Fact]
    public async Task Leader_whose_bus_goes_away_is_followed_within_five_seconds_by_one_whose_bus_is_up_and_by_no_other()
    {
        var isUp = true;
        var cutOff = await StartAsync(() => Volatile.Read(ref isUp), TimeProvider.System);
        await GainedAsync(cutOff);
        var deaf = await StartAsync(() => false, TimeProvider.System);
        var standby = await StartAsync();
        // Settled when it has been up for longer than it was away.
        for (var look = 0; look < 5; look++) await standby.NextPass().WaitAsync(TimeSpan.FromSeconds(20), Cancellation);

        var watch = Stopwatch.StartNew();
        Volatile.Write(ref isUp, false);
        await GainedAsync(standby);

        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        while (cutOff.Epoch is not null) await cutOff.NextPass().WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        await deaf.NextPass().WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        Assert.Equal((null, null, 2L), (cutOff.Epoch, deaf.Epoch, standby.Epoch));
    }

    [Fact]
    public async Task While_the_bus_is_away_from_all_one_leads_on_and_the_leadership_goes_to_and_fro_between_none()
    {
        var first = await StartAsync(() => false, TimeProvider.System);
        await GainedAsync(first);
        var second = await StartAsync(() => false, TimeProvider.System);
        for (var look = 0; look < 8; look++) await second.NextPass().WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        Assert.Equal((1L, null), (first.Epoch, second.Epoch));

        await first.StopAsync(Cancellation);
        await GainedAsync(second);

        Assert.Equal(2, second.Epoch);
    }

    private Task<SharedLeadership> StartAsync(params ILeadershipGained[] followUps) => StartAsync(TimeProvider.System, followUps);

    private Task<SharedLeadership> StartAsync(TimeProvider clock, params ILeadershipGained[] followUps) => StartAsync(() => true, clock, followUps);

    private async Task<SharedLeadership> StartAsync(Func<bool> isBusUp, TimeProvider clock, params ILeadershipGained[] followUps)
    {
        var database = new PostgresDatabase(_connection, TimeSpan.FromSeconds(30));
        _databases.Add(database);
        var leadership = new SharedLeadership(
            database, isBusUp, followUps, Options.Create(Times), Options.Create(new CoordinatorOptions()), clock, NullLogger<SharedLeadership>.Instance);
        _started.Add(leadership);
        await leadership.StartAsync(Cancellation);
        return leadership;
    }

    private static async Task GainedAsync(SharedLeadership leadership)
    {
        while (leadership.Epoch is null) await leadership.NextPass().WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
    }

    private sealed class FollowUp : ILeadershipGained
    {
        public bool FailFirst { get; init; }

        public List<long> Epochs { get; } = [];

        public bool SawEpoch { get; private set; }

        public SharedLeadership? Leadership { get; set; }

        public Task OnGainedAsync(long epoch, CancellationToken cancellation)
        {
            Epochs.Add(epoch);
            SawEpoch |= Leadership?.Epoch is not null;
            return FailFirst && Epochs.Count == 1 ? throw new InvalidOperationException("The record hiccuped.") : Task.CompletedTask;
        }
    }
}
