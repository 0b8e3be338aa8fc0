using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Checkpoints;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Jobs.Planning;
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
    // Some 100 KB, and a worker begins with the first while the others are on their way.
    private const int MostPerMessage = 64;

    private const int MessagesAtOnce = 32;

    // Room that reports make is filled by one round for many of them: devices have seconds of work waiting, and a round costs a dozen reads.
    private static readonly TimeSpan RoundsApart = TimeSpan.FromMilliseconds(100);

    private readonly CoordinatorOptions _options = options.Value;
    private readonly TimeProvider _clock = clock;
    private readonly RoomGauge _room = new();
    private readonly DispatchRound _round = new(device => device.HasRoom(options.Value.DispatchWindow, options.Value.MaxHeldPerDevice));

    /// <summary>Raised by a wake-up of a coordinator that does not lead: the leader's dispatcher is the one to wake.</summary>
    public event Action? LeaderWanted;

    /// <inheritdoc />
    public override void Wake()
    {
        base.Wake();
        if (leadership.Epoch is null) LeaderWanted?.Invoke();
    }

    /// <summary>
    /// Attempts have ended on these devices, one for each time that a device is named. Unlike new work, which somebody waits for, this need not be seen at once, and
    /// not at all while it makes no difference (<see cref="RoomGauge"/>). Only the leader can tell.
    /// </summary>
    public void RoomWasMade(IReadOnlyCollection<(string Worker, string Device)> ended)
    {
        if (ended.Count > 0 && (leadership.Epoch is null || _room.Ended(ended))) WakeSoon(RoundsApart);
    }

    /// <summary>Attempts have ended whose tasks wait again.</summary>
    public void TasksWaitAgain() => WakeSoon(RoundsApart);

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
        _room.Begin();
        // Side by side: somebody may be waiting for the answer.
        var (fleet, waiting, accused) = (Fleet.LoadAsync(record, _clock.Now(), stopping), backlog.JobsAsync(stopping), backlog.SuspectsAsync(stopping));
        await Task.WhenAll(fleet, waiting, accused);
        var (devices, jobs, suspects) = (shelves.Narrow(await fleet), await waiting, await accused);
        var hasOtherSizes = backlog.Follow(SizeLimits.Of(devices));
        var isOfUse = jobs.Count > 0 && devices.Any(HasRoom);
        var allotments = isOfUse
            ? await _round.AllotAsync(jobs, suspects, devices, (job, after, count) => backlog.TasksAsync(job, after, count, stopping), backlog.LeftOutJobs)
            : [];
        var claimed = allotments.Count > 0 ? await backlog.ClaimAsync(allotments, epoch, _options.LeaseDuration, stopping) : [];
        var served = jobs.Where(job => job.IsHeld).Concat(claimed.Select(task => task.Job)).Select(job => job.Tenant).ToHashSet(StringComparer.Ordinal);
        _room.End(backlog.LeftOutJobs || backlog.QueuedTasks > claimed.Count, jobs.Any(job => !served.Contains(job.Tenant)), devices);
        CoordinatorMeters.Dispatched(claimed, _clock.GetUtcNow());
        var messages = claimed.GroupBy(task => (task.Worker, task.Device)).SelectMany(device => device.Chunk(MostPerMessage));
        await Parallel.ForEachAsync(
            messages, new ParallelOptions { MaxDegreeOfParallelism = MessagesAtOnce, CancellationToken = stopping }, async (tasks, token) => await PublishAsync(tasks, token));
        // Where jobs waited behind those that were looked at, room that is left is for them. A claim that got nothing would get nothing again at once.
        return isOfUse && (_round.WantsAnother || hasOtherSizes || (claimed.Count > 0 && backlog.LeftOutJobs && devices.Any(HasRoom)));
    }

    /// <summary>Sends an attempt that the record holds.</summary>
    public Task PublishAsync(ClaimedTask task, CancellationToken cancellation) => PublishAsync([task], cancellation);

    // All of one device.
    private async Task PublishAsync(ClaimedTask[] tasks, CancellationToken cancellation)
    {
        try
        {
            var commands = new List<RunAttempt>(tasks.Length);
            foreach (var task in tasks)
            {
                var planner = await planners.OfAsync(task.Job.Id, cancellation);
                commands.Add(new RunAttempt(AttemptOf(task), planner.RecipeAt(task.Index), task.Job.Format, task.Job.Quality));
            }

            await sender.RunAsync(tasks[0].Worker, tasks[0].Device, commands, cancellation);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // A message less is no loss: the next heartbeats will miss the attempts, and they are sent again.
            foreach (var task in tasks) CoordinatorLog.PublishFailed(logger, AttemptOf(task), task.Worker, error);
        }
    }

    private static AttemptId AttemptOf(ClaimedTask task) => new(task.Job.Id, task.Index, task.Attempt);

    private bool HasRoom(DeviceLoad device) => device.HasRoom(_options.DispatchWindow, _options.MaxHeldPerDevice);
}
