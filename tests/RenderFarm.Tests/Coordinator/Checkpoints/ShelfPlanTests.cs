using CsCheck;
using RenderFarm.Coordinator.Checkpoints;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Checkpoints;

public sealed class ShelfPlanTests
{
    private static readonly ShelfRules Rules = new(Slots: 1, Load: TimeSpan.FromSeconds(30), Factor: 10, Quiet: TimeSpan.FromSeconds(10));
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Free_device_fetches_what_nobody_holds()
    {
        var plan = new ShelfPlan(Rules);
        Assert.Equal([new ShelfMove("w1", "cpu", "a")], plan.Plan(Start, [Demand("a", 1)], [Device("w1"), Device("w2")]));
        Assert.Empty(plan.Plan(Start.AddSeconds(1), [Demand("a", 1)], [Device("w1"), Device("w2")]));
    }

    [Fact]
    public void Nobody_is_sent_for_what_the_store_has_not_got_or_without_fetching()
    {
        Assert.Empty(new ShelfPlan(Rules).Plan(Start, [new ShelfDemand("a", 1, IsStored: false)], [Device("w1")]));
        Assert.Empty(new ShelfPlan(Rules).Plan(Start, [Demand("a", 1)], [Device("w1") with { Fetches = false }]));
    }

    [Fact]
    public void Work_with_an_upscaler_is_served_where_the_upscaler_is_although_another_device_serves_the_checkpoint()
    {
        var plan = new ShelfPlan(Rules);
        ShelfDevice[] devices = [Device("w1", "a"), Device("w2") with { Upscalers = new HashSet<string> { "u" } }];
        var enlarged = Demand("a", 1) with { Upscaler = "u" };

        Assert.Equal([new ShelfMove("w2", "cpu", "a")], plan.Plan(Start, [Demand("a", 1), enlarged], devices));
        Assert.Empty(plan.Plan(Start.AddSeconds(1), [Demand("a", 1), enlarged], devices));
        Assert.Empty(new ShelfPlan(Rules).Plan(Start, [Demand("a", 1), enlarged with { Upscaler = "v" }], devices));
    }

    [Fact]
    public void Device_with_the_upscaler_is_chosen_first_where_work_with_and_without_it_waits()
    {
        ShelfDevice[] devices = [Device("w1"), Device("w2") with { Upscalers = new HashSet<string> { "u" } }];

        Assert.Equal("w2", Assert.Single(new ShelfPlan(Rules).Plan(Start, [Demand("a", 1), Demand("a", 1) with { Upscaler = "u" }], devices)).Worker);
    }

    [Fact]
    public void Work_too_large_for_the_device_that_serves_its_checkpoint_is_served_by_another()
    {
        var plan = new ShelfPlan(Rules);
        ShelfDevice[] devices = [Device("w1", "a") with { PixelsPerImage = 1_000 }, Device("w2")];
        var large = Demand("a", 1) with { Pixels = 2_000 };

        Assert.Equal([new ShelfMove("w2", "cpu", "a")], plan.Plan(Start, [Demand("a", 1) with { Pixels = 1_000 }, large], devices));
        Assert.Empty(plan.Plan(Start.AddSeconds(1), [Demand("a", 1) with { Pixels = 1_000 }, large], devices));
        Assert.Empty(new ShelfPlan(Rules).Plan(Start, [large], [devices[0], Device("w2") with { PixelsPerImage = 1_999 }]));
    }

    [Fact]
    public void Reproducible_work_is_served_beside_a_fast_device_that_serves_its_checkpoint()
    {
        ShelfDevice[] devices = [Device("w1", "a") with { IsFast = true }, Device("w2")];

        Assert.Equal("w2", Assert.Single(new ShelfPlan(Rules).Plan(Start, [Demand("a", 1)], devices)).Worker);
        Assert.Empty(new ShelfPlan(Rules).Plan(Start, [Demand("a", 1) with { Determinism = RenderFarm.Contracts.DeterminismClasses.Fast }], devices));
    }

    [Fact]
    public void Work_pinned_to_a_profile_gets_a_place_on_that_profile_although_another_device_serves_its_checkpoint()
    {
        var plan = new ShelfPlan(Rules);
        ShelfDevice[] devices = [Device("w1", "a", "b") with { Profile = "p1" }, Device("w2", "a", "b") with { Profile = "p2" }];
        ShelfDemand[] demands = [Demand("a", 100) with { Profile = "p1" }, Demand("b", 200)];

        // b first has both, as much the larger.
        Assert.Equal([new ShelfMove("w1", "cpu", "a")], plan.Plan(Start, demands, devices));
        Assert.Equal((true, false, true), (plan.Accepts(devices[0], "a"), plan.Accepts(devices[0], "b"), plan.Accepts(devices[1], "b")));
        Assert.Empty(plan.Plan(Start.AddSeconds(1), demands, devices));
        Assert.Empty(new ShelfPlan(Rules).Plan(Start, [Demand("a", 100) with { Profile = "p3" }], devices));
    }

    [Fact]
    public void Work_that_is_free_waits_behind_what_is_pinned_and_not_the_other_way_round()
    {
        ShelfDevice[] devices = [Device("w1", "a") with { Profile = "p1" }, Device("w2") with { Profile = "p2" }];
        var (free, pinned) = (Demand("a", 200), Demand("a", 200) with { Profile = "p1" });

        Assert.Equal("w2", Assert.Single(new ShelfPlan(Rules).Plan(Start, [free, pinned], devices)).Worker);
        Assert.Empty(new ShelfPlan(Rules).Plan(Start, [pinned], devices));
    }

    [Fact]
    public void Small_images_wait_behind_large_ones_of_their_checkpoint_and_large_ones_behind_none_that_are_smaller()
    {
        ShelfDevice[] devices = [Device("w1", "a"), Device("w2") with { PixelsPerImage = 1_000 }, Device("w3")];
        var (small, large) = (Demand("a", 200) with { Pixels = 1_000 }, Demand("a", 200) with { Pixels = 2_000 });

        // 400 s for the small ones behind the large, and 200 s for those: the small device helps.
        Assert.Equal("w2", Assert.Single(new ShelfPlan(Rules).Plan(Start, [small, large], [devices[0], devices[1]])).Worker);
        Assert.Empty(new ShelfPlan(Rules).Plan(Start, [large], devices));
    }

    [Fact]
    public void Place_of_a_checkpoint_whose_work_is_all_too_large_for_the_device_is_a_quiet_one()
    {
        var plan = new ShelfPlan(Rules);
        ShelfDevice[] devices = [Device("w1", "a") with { PixelsPerImage = 1_000 }, Device("w2", "a") with { Fetches = false }];
        ShelfDemand[] demands = [Demand("a", 1) with { Pixels = 2_000 }, Demand("b", 1) with { Pixels = 1_000 }];

        Assert.Empty(plan.Plan(Start, demands, devices));
        Assert.Equal([new ShelfMove("w1", "cpu", "b")], plan.Plan(Start.AddSeconds(10), demands, devices));
    }

    [Fact]
    public void Another_device_joins_only_when_the_wait_is_longer_than_a_dwell()
    {
        ShelfDevice[] devices = [Device("w1", "a"), Device("w2")];
        Assert.Empty(new ShelfPlan(Rules).Plan(Start, [Demand("a", 299)], devices));
        Assert.Equal("w2", Assert.Single(new ShelfPlan(Rules).Plan(Start, [Demand("a", 301)], devices)).Worker);
    }

    [Fact]
    public void Device_whose_worker_has_fetched_it_for_another_joins_unasked()
    {
        var plan = new ShelfPlan(Rules);
        ShelfDevice[] fetching = [Device("w1"), Device("w1") with { Device = "cpu1" }];
        Assert.Single(plan.Plan(Start, [Demand("a", 1)], fetching));
        ShelfDevice[] fetched = [Device("w1", "a"), Device("w1", "a") with { Device = "cpu1" }];
        Assert.Empty(plan.Plan(Start.AddSeconds(1), [Demand("a", 1)], fetched));
        Assert.All(fetched, device => Assert.True(plan.Accepts(device, "a")));
    }

    [Fact]
    public void Quiet_checkpoint_gives_up_its_place_after_a_while_and_not_before()
    {
        var plan = new ShelfPlan(Rules);
        Assert.Empty(plan.Plan(Start, [Demand("b", 1)], [Device("w1", "a")]));
        Assert.Empty(plan.Plan(Start.AddSeconds(9), [Demand("b", 1)], [Device("w1", "a")]));
        Assert.Single(plan.Plan(Start.AddSeconds(10), [Demand("b", 1)], [Device("w1", "a")]));
        Assert.False(plan.Accepts(Device("w1", "a"), "a"));
        Assert.True(plan.Accepts(Device("w1", "a", "b"), "b"));
    }

    [Fact]
    public void Move_that_comes_to_nothing_is_tried_again_after_a_dwell()
    {
        var plan = new ShelfPlan(Rules);
        Assert.Single(plan.Plan(Start, [Demand("a", 1)], [Device("w1")]));
        Assert.Empty(plan.Plan(Start.AddSeconds(300), [Demand("a", 1)], [Device("w1")]));
        Assert.Single(plan.Plan(Start.AddSeconds(301), [Demand("a", 1)], [Device("w1")]));
    }

    [Fact]
    public void Device_with_fewer_checkpoints_than_places_takes_all_of_them_unasked()
    {
        var plan = new ShelfPlan(Rules with { Slots = 2 });
        Assert.True(plan.Accepts(Device("w1", "a", "b"), "b"));
        Assert.False(plan.Accepts(Device("w1", "a", "b", "c"), "b"));
        plan.Plan(Start, [Demand("c", 5), Demand("b", 1)], [Device("w1", "a", "b", "c")]);
        Assert.Equal((false, true, true), (
            plan.Accepts(Device("w1", "a", "b", "c"), "a"), plan.Accepts(Device("w1", "a", "b", "c"), "b"), plan.Accepts(Device("w1", "a", "b", "c"), "c")));
    }

    [Fact]
    public void Demand_that_swings_from_second_to_second_does_not_thrash()
    {
        var farm = new ShelfSimulation(Rules, devices: 4);
        for (var second = 0; second < 7_200; second++)
        {
            // Five checkpoints for four places, the largest backlog another one every second, and more work than can be done.
            farm.Submit($"c{second % 5}", 4 * (1 + (second % 3)));
            farm.Second();
        }

        // Two hours, dwells of five minutes: at most 24 changes and the first load of each device.
        Assert.InRange(farm.Loads, 4, 4 * 25);
        Assert.True(farm.BusyShare > 0.85, $"busy {farm.BusyShare:P1}, {farm.Loads} loads");
        Assert.All(farm.Done, done => Assert.True(done.Value > 0, done.Key));
        Assert.Equal(5, farm.Done.Count);
    }

    [Fact]
    public void No_device_changes_more_than_once_a_dwell_while_it_has_work_whatever_is_asked_for() =>
        Gen.Select(Gen.Int[1, 4], Gen.Select(Gen.Int[0, 5], Gen.Int[0, 400]).Array[50, 300]).Sample((devices, arrivals) =>
        {
            var farm = new ShelfSimulation(Rules, devices);
            foreach (var (checkpoint, cost) in arrivals)
            {
                farm.Submit($"c{checkpoint}", cost);
                for (var second = 0; second < 10; second++) farm.Second();
            }

            var seconds = arrivals.Length * 10;
            // A quiet place may change after ten seconds, and then has loaded for thirty.
            return farm.Loads <= devices * (1 + (seconds / 30)) && farm.ShortestStayWithWork >= Rules.Dwell;
        }, iter: 25);

    [Fact]
    public void Everything_asked_for_gets_its_turn_on_one_device()
    {
        var farm = new ShelfSimulation(Rules, devices: 1);
        for (var second = 0; second < 3_600; second++)
        {
            for (var checkpoint = 0; checkpoint < 4; checkpoint++) farm.Submit($"c{checkpoint}", 1);
            farm.Second();
        }

        Assert.Equal(4, farm.Done.Count(done => done.Value > 200));
    }

    private static ShelfDemand Demand(string digest, double cost) => new(digest, cost, IsStored: true);

    private static ShelfDevice Device(string worker, params string[] holds) => new(worker, "cpu", 1, holds.ToHashSet(), Fetches: true);
}
