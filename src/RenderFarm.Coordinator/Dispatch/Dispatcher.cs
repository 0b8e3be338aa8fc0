using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Checkpoints;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Leadership;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Telemetry;
using RenderFarm.Hosting.Background;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>
/// The loop that turns queued tasks into attempts and attempts into messages: choose, claim, commit, publish. A crash between commit
/// and publish loses nothing, because the lease is running and heartbeats will miss the attempt. May send an attempt twice; never
/// claims a task twice. Runs on the leader alone.
/// </summary>
internal sealed class Dispatcher(
    FarmRecord record,
    Backlog backlog,
    Planners planners,
    IAttemptSender sender,
    ILeadership leadership,
    ShelfKeeper shelves,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<Dispatcher> logger) : FarmLoop(options.Value.DispatchInterval, clock, logger)
{
    private readonly CoordinatorOptions _options = options.Value;
    private readonly TimeProvider _clock = clock;
    private readonly DispatchRound _round = new(device => device.HasRoom(options.Value.DispatchWindow, options.Value.MaxHeldPerDevice));

    /// <summary>Raised by a wake-up of a coordinator that does not lead: the leader's dispatcher is the one to wake.</summary>
    public event Action? LeaderWanted;

    /// <inheritdoc />
    public override void Wake()
    {
        base.Wake();
        if (leadership.Epoch is null) LeaderWanted?.Invoke();
    }

    /// <summary>A wake-up that came from another coordinator; one that does not lead lets it pass.</summary>
    public void WakeIfLeading()
    {
        if (leadership.Epoch is not null) base.Wake();
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        leadership.Gained += Wake;
        return base.StartAsync(cancellationToken);
    }

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        if (leadership.Epoch is not { } epoch || !sender.IsReady) return false;
        var devices = shelves.Narrow(await record.ReadAsync(db => Fleet.LoadAsync(db, _clock.Now(), stopping), stopping));
        if (!devices.Any(HasRoom)) return false;
        var jobs = await backlog.JobsAsync(stopping);
        if (jobs.Count == 0) return false;

        var suspects = await backlog.SuspectsAsync(stopping);
        var allotments = await _round.AllotAsync(jobs, suspects, devices, (job, after, count) => backlog.TasksAsync(job, after, count, stopping));
        if (allotments.Count == 0) return _round.WantsAnother;
        var claimed = await backlog.ClaimAsync(allotments, epoch, _options.LeaseDuration, stopping);
        CoordinatorMeters.Dispatched(claimed, _clock.GetUtcNow());
        foreach (var task in claimed) await PublishAsync(task, stopping);
        return _round.WantsAnother;
    }

    /// <summary>Sends an attempt that the record holds.</summary>
    public async Task PublishAsync(ClaimedTask task, CancellationToken cancellation)
    {
        var attempt = new AttemptId(task.Job.Id, task.Index, task.Attempt);
        try
        {
            var planner = await planners.OfAsync(task.Job.Id, cancellation);
            var command = new RunAttempt(attempt, planner.RecipeAt(task.Index), task.Job.Format, task.Job.Quality);
            await sender.RunAsync(task.Worker, task.Device, command, cancellation);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // One message less is no loss: the next heartbeats will miss the attempt, and it is sent again.
            CoordinatorLog.PublishFailed(logger, attempt, task.Worker, error);
        }
    }

    private bool HasRoom(DeviceLoad device) => device.HasRoom(_options.DispatchWindow, _options.MaxHeldPerDevice);
}
