using RenderFarm.Hosting.Messaging.Queues;
using RenderFarm.Hosting.Startup;
using RenderFarm.Testing.Faults;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Faults;

/// <summary>Small forms of the fault measurements: processes that die, freeze and wake up. The full ones are verbs of the benchmarks.</summary>
[Collection("Faults")]
public sealed class FaultTests(ITestOutputHelper output)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Worker_that_wakes_after_three_leases_changes_nothing_that_has_ended()
    {
        var settings = new FarmSettings { PoisonDeaths = 10, MaxRescues = 1_000 };
        await using var farm = await FarmUnderTest.StartAsync(settings, Cancellation);
        var outcome = await Zombies.WorkersAsync(farm, new FarmLedger(farm), settings.Lease, trials: 6, Cancellation);
        output.WriteLine(outcome.ToString());
        Assert.Equal((0, 0), (outcome.Overwritten, outcome.Misserved));
        Assert.True(outcome.Verdict.IsClean, outcome.Verdict.ToString());
    }

    [Fact]
    public async Task Leader_that_wakes_after_three_terms_changes_nothing_that_has_ended()
    {
        var settings = new FarmSettings { Coordinators = 2, PoisonDeaths = 10, MaxRescues = 1_000 };
        await using var farm = await FarmUnderTest.StartAsync(settings, Cancellation);
        var outcome = await Zombies.LeadersAsync(farm, new FarmLedger(farm), settings.Leadership, trials: 2, Cancellation);
        output.WriteLine(outcome.ToString());
        Assert.Equal((0, 0), (outcome.Overwritten, outcome.Misserved));
        Assert.True(outcome.Verdict.IsClean, outcome.Verdict.ToString());
    }

    [Fact]
    public async Task Coordinator_killed_between_record_and_bus_loses_and_doubles_nothing()
    {
        await using var farm = await FarmUnderTest.StartAsync(new FarmSettings(), Cancellation);
        var ledger = new FarmLedger(farm);
        Assert.Equal(KillPoints.OfCoordinator.Count, await Crashes.CoordinatorAsync(farm, ledger, seeds: 1, Cancellation));
        var verdict = await FarmAudit.RunAsync(farm, ledger, Cancellation);
        output.WriteLine(verdict.ToString());
        Assert.True(verdict.IsClean, verdict.ToString());
    }

    [Fact]
    public async Task Leader_killed_under_load_is_followed_within_five_seconds_and_loses_nothing()
    {
        var settings = new FarmSettings { Coordinators = 2, Leadership = FarmSettings.Production.Leadership, PoisonDeaths = 10, MaxRescues = 1_000 };
        await using var farm = await FarmUnderTest.StartAsync(settings, Cancellation);
        var ledger = new FarmLedger(farm);
        var away = await Crashes.LeaderAsync(farm, ledger, Cancellation);
        var verdict = await FarmAudit.RunAsync(farm, ledger, Cancellation);
        output.WriteLine($"{away.TotalSeconds:0.0} s without a leader, {verdict}");
        Assert.InRange(away, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.True(verdict.IsClean, verdict.ToString());
    }

    [Fact]
    public async Task Leader_that_loses_the_broker_alone_is_followed_within_five_seconds_by_one_that_dispatches()
    {
        await using var farm = await FarmUnderTest.StartAsync(FarmSettings.Production with { Coordinators = 2, OwnLines = true }, Cancellation);
        var ledger = new FarmLedger(farm);
        var (away, finished) = await Crashes.CutOffLeaderAsync(farm, ledger, Cancellation);
        var verdict = await FarmAudit.RunAsync(farm, ledger, Cancellation);
        output.WriteLine($"{away.TotalSeconds:0.0} s without a leader, {finished.TotalSeconds:0.0} s to the last image, {verdict}");
        Assert.InRange(away, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.True(verdict is { IsClean: true, Charged: 0 }, verdict.ToString());
    }

    [Fact]
    public async Task Standby_that_loses_the_database_leaves_heartbeats_and_reports_to_the_leader_and_costs_no_worker_anything()
    {
        var settings = FarmSettings.Production with { Coordinators = 2, OwnLines = true, Slots = 1, Step = TimeSpan.FromMilliseconds(500) };
        await using var farm = await FarmUnderTest.StartAsync(settings, Cancellation);
        var ledger = new FarmLedger(farm);
        var lost = await Crashes.CutOffStandbyAsync(farm, ledger, settings.Lease, Cancellation);
        var verdict = await FarmAudit.RunAsync(farm, ledger, Cancellation);
        output.WriteLine($"{lost} runs lost, {verdict}");
        Assert.Equal(0, lost);
        Assert.True(verdict is { IsClean: true, Charged: 0, Orphans: 0 }, verdict.ToString());
    }

    [Fact]
    public async Task Cancel_while_the_broker_takes_nothing_is_answered_at_once()
    {
        // Images of eight seconds, several of them held: a send that waits for the broker gives up after ten.
        await using var farm = await FarmUnderTest.StartAsync(FarmSettings.Production with { Step = TimeSpan.FromSeconds(2) }, Cancellation);
        var waited = await Crashes.CancelWithoutBrokerAsync(farm, new FarmLedger(farm), Cancellation);
        output.WriteLine($"{waited.TotalSeconds:0.0} s");
        Assert.InRange(waited, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Poison_among_a_hundred_fails_alone_and_charges_nobody()
    {
        await using var farm = await FarmUnderTest.StartAsync(new FarmSettings { MaxRescues = 100 }, Cancellation);
        var ledger = new FarmLedger(farm);
        var deaths = await Crashes.PoisonAsync(farm, ledger, innocents: 99, Cancellation);
        var verdict = await FarmAudit.RunAsync(farm, ledger, Cancellation);
        output.WriteLine($"{deaths} deaths, {verdict}");
        Assert.Equal((1, 0, 0, 0, 0), (verdict.Failed, verdict.Lost, verdict.Duplicated, verdict.Wrong, verdict.Charged));
        // One death in company and two alone, and another in company where the process died before its word of having started was out: then the record
        // knows no suspect, and the first death tells it nothing.
        Assert.InRange(deaths, 3, 5);
    }

    [Fact]
    public async Task Worker_cut_off_from_the_broker_keeps_its_images_and_delivers_them_later()
    {
        await using var farm = await FarmUnderTest.StartAsync(FarmSettings.Production with { Step = TimeSpan.FromMilliseconds(300) }, Cancellation);
        var ledger = new FarmLedger(farm);
        await Crashes.CutOffWorkerAsync(farm, ledger, TimeSpan.FromSeconds(5), Cancellation);
        var verdict = await FarmAudit.RunAsync(farm, ledger, Cancellation);
        output.WriteLine(verdict.ToString());
        Assert.Equal(0, verdict.Orphans);
        Assert.True(verdict.IsClean, verdict.ToString());
    }

    [Fact]
    public async Task Attempts_that_the_broker_delivers_again_after_a_cut_are_rendered_once()
    {
        // Four slots: when the line comes back, four images are done, and four render.
        await using var farm = await FarmUnderTest.StartAsync(FarmSettings.Production with { Step = TimeSpan.FromMilliseconds(500) }, Cancellation);
        var ledger = new FarmLedger(farm);
        await Crashes.DeliverAgainAsync(farm, ledger, TimeSpan.FromSeconds(3), Cancellation);
        var verdict = await FarmAudit.RunAsync(farm, ledger, Cancellation);
        output.WriteLine(verdict.ToString());
        Assert.True(verdict is { IsClean: true, Charged: 0, Orphans: 0 }, verdict.ToString());
    }

    [Fact]
    public async Task Leader_frozen_at_production_settings_has_no_image_rendered_twice()
    {
        var settings = FarmSettings.Production with { Coordinators = 2 };
        await using var farm = await FarmUnderTest.StartAsync(settings, Cancellation);
        var ledger = new FarmLedger(farm);
        var outcome = await Zombies.LeadersAsync(farm, ledger, settings.Leadership, trials: 1, Cancellation);
        output.WriteLine(outcome.ToString());
        Assert.True(outcome.Verdict is { IsClean: true, Charged: 0, Orphans: 0 }, outcome.Verdict.ToString());
    }

    [Fact]
    public async Task Coordinator_takes_few_messages_about_workers_in_advance_so_that_none_grows_old_in_its_hands()
    {
        await using var farm = await FarmUnderTest.StartAsync(FarmSettings.Production, Cancellation);
        IReadOnlyList<BrokerConsumer> readers = [];
        await Wait.UntilAsync(async () => (readers = await farm.Bus.ConsumersAsync()).Any(reader => reader.Queue.Name == EndpointNames.Workers), TimeSpan.FromSeconds(30), "a reader", Cancellation);
        Assert.Equal([4], readers.Where(reader => reader.Queue.Name == EndpointNames.Workers).Select(reader => reader.Prefetch));
    }

    [Fact]
    public async Task Worker_asked_to_end_mid_render_hands_back_all_that_it_held_and_nobody_is_charged()
    {
        await using var farm = await FarmUnderTest.StartAsync(FarmSettings.Production with { Step = TimeSpan.FromMilliseconds(500) }, Cancellation);
        var ledger = new FarmLedger(farm);
        Assert.Equal(0, await Crashes.StopWorkerAsync(farm, ledger, Cancellation));
        var verdict = await FarmAudit.RunAsync(farm, ledger, Cancellation);
        output.WriteLine(verdict.ToString());
        Assert.True(verdict is { IsClean: true, Charged: 0, Orphans: 0 }, verdict.ToString());
    }

    [Fact]
    public async Task Store_that_is_away_for_longer_than_all_tries_of_a_request_fails_no_image_and_charges_nobody()
    {
        await using var farm = await FarmUnderTest.StartAsync(new FarmSettings { Step = TimeSpan.FromMilliseconds(100) }, Cancellation);
        var ledger = new FarmLedger(farm);
        await Crashes.CutOffStoreAsync(farm, ledger, TimeSpan.FromSeconds(8), Cancellation);
        var verdict = await FarmAudit.RunAsync(farm, ledger, Cancellation);
        output.WriteLine(verdict.ToString());
        Assert.True(verdict is { IsClean: true, Charged: 0 }, verdict.ToString());
    }

    [Fact]
    public async Task Worker_with_a_stuck_device_ends_by_itself_to_be_started_again_and_costs_the_images_beside_it_nothing()
    {
        await using var farm = await FarmUnderTest.StartAsync(FarmSettings.Production, Cancellation);
        var ledger = new FarmLedger(farm);
        Assert.Equal(FarmProgram.StartAgain, await Crashes.StickDeviceAsync(farm, ledger, Cancellation));
        var verdict = await FarmAudit.RunAsync(farm, ledger, Cancellation);
        output.WriteLine(verdict.ToString());
        // The image that got stuck, once.
        Assert.True(verdict is { IsClean: true, Charged: 1 }, verdict.ToString());
    }

    [Fact]
    public async Task Broker_that_is_killed_restarted_away_and_frozen_costs_no_image_and_no_restart()
    {
        var outcome = await OutagesAsync(Servers.Broker);
        Assert.True(outcome.SubmitsWhileDown > 0, outcome.ToString());
    }

    [Fact]
    public Task Database_that_is_killed_restarted_and_cut_off_costs_no_image_and_no_restart() => OutagesAsync(Servers.Database);

    [Fact]
    public async Task Store_that_errs_loses_uploads_half_way_is_away_and_freezes_costs_no_image_and_no_restart()
    {
        var outcome = await OutagesAsync(Servers.Store);
        Assert.True(outcome is { Refused: > 0, Truncated: > 0 }, outcome.ToString());
    }

    private async Task<OutageOutcome> OutagesAsync(Servers of)
    {
        await using var farm = await FarmUnderTest.StartAsync(new FarmSettings { OwnServers = true, PoisonDeaths = 10, MaxRescues = 1_000 }, Cancellation);
        var size = new OutageSize(Restarts: 2, Down: TimeSpan.FromSeconds(3), Cuts: 25, StoreErrors: TimeSpan.FromSeconds(5), Batch: 100, Of: of);
        var outcome = await Outages.RunAsync(farm, new FarmLedger(farm), size, output.WriteLine, Cancellation);
        output.WriteLine(outcome.ToString());
        Assert.True(outcome.Verdict.IsClean, outcome.Verdict.ToString());
        Assert.Equal(0, outcome.Restarted);
        return outcome;
    }
}
