using Microsoft.Extensions.DependencyInjection;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Reports;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Reports;

/// <summary>Two coordinators on one record. Each has a bus of its own here, so all that passes between them passes through PostgreSQL.</summary>
public sealed class SeveralCoordinatorsTests : CoordinatorTest
{
    [Fact]
    public async Task Job_submitted_to_a_standby_is_dispatched_by_the_leader_at_once_and_streamed_by_the_standby()
    {
        var connection = await PostgresRecord.NewAsync();
        var worker = new ScriptedWorker("alpha", "cpu", Store);
        await using var leader = await CoordinatorHost.StartAsync(connection, Store, Clock, null, worker);
        await LeadsAsync(leader);
        await worker.AnnounceAsync();
        await using var standby = await CoordinatorHost.StartAsync(connection, Store, Clock, null);
        await UntilSharedAsync(standby);

        // The clock stands still: no interval passes, so only the signal can wake the leader's dispatcher and the standby's stream.
        var job = await standby.SubmitAsync(new { prompt = "x" }, Deadline);
        var attempt = await worker.NextAsync(Deadline);
        using var stream = await EventReader.OpenAsync(standby.Client, job.Id, null, Deadline);
        Assert.Equal(JobEventNames.Snapshot, (await stream.NextAsync(Deadline))!.Name);
        await worker.SucceedAsync(attempt.Attempt);

        Assert.Equal(["task.completed", "job.completed"], (await stream.RestAsync(Deadline)).Select(received => received.Name));
        Assert.Null(standby.Services.GetRequiredService<ILeadership>().Epoch);
    }

    [Fact]
    public async Task Standby_goes_on_where_the_leader_stopped_and_its_leases_begin_anew()
    {
        var connection = await PostgresRecord.NewAsync();
        var (first, second) = (new ScriptedWorker("alpha", "cpu", Store), new ScriptedWorker("beta", "cpu", Store) { Script = ScriptedWorker.Succeed });
        JobView job;
        await using (var leader = await CoordinatorHost.StartAsync(connection, Store, Clock, null, first))
        {
            await LeadsAsync(leader);
            await first.AnnounceAsync();
            await UntilSharedAsync(leader);
            job = await leader.SubmitAsync(new { prompt = "x", images = 8 }, Deadline);
            await first.NextAsync(Deadline);
            await leader.UntilAsync(job.Id, view => view.Tasks.Dispatched > 0, Deadline);
        }

        await using var standby = await CoordinatorHost.StartAsync(connection, Store, Clock, null, first, second);
        await LeadsAsync(standby);
        await second.AnnounceAsync();

        Assert.Equal(2, standby.Services.GetRequiredService<ILeadership>().Epoch);
        var going = await standby.UntilAsync(job.Id, view => view.Tasks.Completed > 0, Deadline);
        Assert.True(going.Tasks.Dispatched > 0, "what the first worker holds is still its own");
    }

    private async Task LeadsAsync(CoordinatorHost host)
    {
        var leadership = (SharedLeadership)host.Services.GetRequiredService<ILeadership>();
        while (leadership.Epoch is null) await leadership.NextPass().WaitAsync(Deadline);
    }

    private async Task UntilSharedAsync(CoordinatorHost host)
    {
        while ((await host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items.Count == 0) await Task.Yield();
    }
}
