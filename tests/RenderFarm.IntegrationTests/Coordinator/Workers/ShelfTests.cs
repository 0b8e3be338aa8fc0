using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Checkpoints;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Workers;

/// <summary>Which checkpoints devices serve, seen from outside: whom work of a checkpoint goes to.</summary>
public class ShelfTests : CoordinatorTest
{
    private static readonly string Other = "sha256:" + new string('b', 64);

    [Fact]
    public async Task Pinned_job_goes_on_after_a_change_of_leader_that_gave_its_devices_other_checkpoints()
    {
        // The faster device would be sent for what nobody serves, and cannot take what the slower one has begun.
        var (slow, fast) = (Holder("slow", "p1", speed: 1), Holder("fast", "p2", speed: 2));
        await StartAsync(Configure, slow, fast);
        await AnnounceAsync(slow);
        var pinned = await Host.SubmitAsync(new { prompt = "x", images = 3, model = ScriptedWorker.Digest }, Deadline);
        await slow.SucceedAsync(await NextAsync(slow, []));
        await Host.UntilAsync(pinned.Id, view => view.Tasks is { Completed: 1, Queued: 1 }, Deadline);
        var second = await NextAsync(slow, []);

        await StartAsync(Configure, slow, fast);
        await AnnounceAsync(slow);
        await AnnounceAsync(fast);
        await Host.SubmitAsync(new { prompt = "y", images = 9, model = Other }, Deadline);
        await NextAsync(fast, [second], slow);
        await slow.SucceedAsync(second);

        Assert.Equal(new AttemptId(pinned.Id, 2, 1), await NextAsync(slow, []));
        Assert.Equal("p1", (await Host.GetAsync<JobView>($"/v1/jobs/{pinned.Id}", Deadline)).Profile);
    }

    private static void Configure(RenderFarm.Coordinator.CoordinatorOptions options) => (options.CheckpointsPerDevice, options.DispatchWindow) = (1, TimeSpan.Zero);

    private ScriptedWorker Holder(string name, string profile, double speed) => new(name, "cpu", Store)
    {
        Slots = 1,
        Profile = profile,
        Speed = speed,
        Checkpoints = [ScriptedWorker.Checkpoint("demo", ScriptedWorker.Digest), ScriptedWorker.Checkpoint("other", Other)],
    };

    // The plan is made by the clock, and a worker that says nothing for a lease is lost: time goes on only when plan, dispatch and every worker have had their turn.
    private async Task<AttemptId> NextAsync(ScriptedWorker worker, AttemptId[] heldByOther, ScriptedWorker? other = null)
    {
        while (worker.Unread == 0)
        {
            await worker.BeatAsync();
            if (other is not null) await other.BeatAsync([.. heldByOther.Select(attempt => new HeldRun(attempt, new RunId(Guid.NewGuid())))]);
            await PassAsync(TimeSpan.FromMilliseconds(500));
            await Host.PassAsync<ShelfKeeper>(Deadline);
            await Host.PassAsync<Dispatcher>(Deadline);
        }

        return (await worker.NextAsync(Deadline)).Attempt;
    }
}
