using CsCheck;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Dispatch;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Dispatch;

public sealed class FairSelectionTests
{
    [Fact]
    public void Priority_classes_share_by_weight()
    {
        var jobs = new[] { Job(1, "a", Priorities.High), Job(2, "b", Priorities.Normal), Job(3, "c", Priorities.Low) };

        var served = Serve(new FairSelection(), jobs, 21_000, _ => 10);

        Assert.Equal([16_000, 4_000, 1_000], jobs.Select(job => served[job.Job] / 10), (left, right) => Math.Abs(left - right) <= 2);
    }

    [Fact]
    public void Tenants_share_by_cost_however_many_jobs_they_have()
    {
        var jobs = Enumerable.Range(0, 100).Select(i => Job(i, "many")).Append(Job(100, "one")).ToArray();

        var served = Serve(new FairSelection(), jobs, 2_000, job => job.Tenant == "one" ? 30 : 10);
        var one = served[jobs[100].Job];
        var many = served.Where(entry => entry.Key != jobs[100].Job).Sum(entry => entry.Value);

        Assert.InRange(one, many - 60, many + 60);
    }

    [Fact]
    public void Jobs_of_a_tenant_take_turns_by_cost()
    {
        var jobs = new[] { Job(1, "a"), Job(2, "a") };

        var served = Serve(new FairSelection(), jobs, 600, job => job.Job == jobs[0].Job ? 50 : 10);

        Assert.InRange(served[jobs[0].Job] - served[jobs[1].Job], -60, 60);
    }

    [Fact]
    public void Single_image_of_a_newcomer_waits_behind_no_one()
    {
        var selection = new FairSelection();
        var big = Job(1, "big");
        Serve(selection, [big], 100_000, _ => 10);

        // A look that found no room is no service, and must not move the newcomer back.
        selection.Next();
        selection.SetAside();

        selection.Begin([big, Job(2, "small")]);

        Assert.Equal("small", Take(selection, 10));
    }

    [Fact]
    public void Tenant_that_was_away_collects_no_credit()
    {
        var selection = new FairSelection();
        var (a, b) = (Job(1, "a"), Job(2, "b"));
        Serve(selection, [a, b], 10, _ => 10);
        Serve(selection, [a], 10_000, _ => 10);

        var served = Serve(selection, [a, b], 100, _ => 10);

        Assert.InRange(served[b.Job] - served[a.Job], -20, 20);
    }

    [Fact]
    public void Tenant_that_leaves_with_a_debt_and_returns_still_owes_it()
    {
        var selection = new FairSelection();
        var (a, b) = (Job(1, "a"), Job(2, "b"));
        selection.Begin([a, b]);
        Assert.Equal("a", Take(selection, 1_000));
        selection.Begin([b]);
        Take(selection, 10);

        selection.Begin([Job(3, "a"), b]);

        Assert.Equal(["b", "b", "b"], new[] { Take(selection, 10), Take(selection, 10), Take(selection, 10) });
    }

    [Fact]
    public void Job_set_aside_blocks_nobody_and_is_not_charged()
    {
        var selection = new FairSelection();
        var (stuck, other) = (Job(1, "a"), Job(2, "a"));
        selection.Begin([stuck, other]);
        Assert.Equal(stuck.Job, selection.Next()!.Value.Job);
        selection.SetAside();

        Assert.Equal(other.Job, selection.Next()!.Value.Job);
        selection.SetAside();
        Assert.Null(selection.Next());
    }

    [Fact]
    public void Waiting_tenants_never_drift_apart_by_more_than_two_tasks_whatever_the_costs() =>
        Gen.Select(Gen.Int[2, 6], Gen.Int[1, 100].Array[2, 6], Gen.Int[50, 400]).Sample((tenants, costs, rounds) =>
        {
            var jobs = Enumerable.Range(0, tenants).Select(i => Job(i, $"t{i}")).ToArray();
            var served = Serve(new FairSelection(), jobs, rounds, job => costs[Array.FindIndex(jobs, one => one.Job == job.Job) % costs.Length]);
            Assert.InRange(served.Values.Max() - served.Values.Min(), 0, 2 * costs.Max());
        });

    [Fact]
    public void Answer_is_owed_before_the_next_question()
    {
        var selection = new FairSelection();
        selection.Begin([Job(1, "a")]);
        selection.Next();

        Assert.Throws<InvalidOperationException>(() => selection.Next());
        selection.Charge(1);
        Assert.Throws<InvalidOperationException>(() => selection.Charge(1));
    }

    private static string Take(FairSelection selection, long cost)
    {
        var next = selection.Next()!.Value;
        selection.Charge(cost);
        return next.Tenant;
    }

    // A new round every seven picks, as in a farm, where rounds are as long as there is room.
    private static Dictionary<JobId, long> Serve(FairSelection selection, Contender[] jobs, int picks, Func<Contender, long> cost)
    {
        var served = jobs.ToDictionary(job => job.Job, _ => 0L);
        for (var pick = 0; pick < picks; pick++)
        {
            if (pick % 7 == 0) selection.Begin(jobs);
            var next = selection.Next()!.Value;
            selection.Charge(cost(next));
            served[next.Job] += cost(next);
        }

        return served;
    }

    private static Contender Job(int number, string tenant, string priority = Priorities.Normal) =>
        new(new JobId(new Guid(number, 0, 0, new byte[8])), tenant, priority);
}
