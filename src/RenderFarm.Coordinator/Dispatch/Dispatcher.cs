using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Telemetry;
using RenderFarm.Hosting.Background;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>
/// The loop that turns queued tasks into attempts and attempts into messages: choose, claim, commit, publish. A crash between commit
/// and publish loses nothing, because the lease is running and heartbeats will miss the attempt. May send an attempt twice; never
/// claims a task twice.
/// </summary>
internal sealed class Dispatcher(
    FarmRecord record,
    Backlog backlog,
    Planners planners,
    IAttemptSender sender,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<Dispatcher> logger) : FarmLoop(options.Value.DispatchInterval, clock, logger)
{
    private const int PeekSize = 64;
    private readonly TimeProvider _clock = clock;
    private readonly FairSelection _selection = new();
    private readonly CoordinatorOptions _options = options.Value;

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        if (!sender.IsReady) return false;
        var devices = await record.ReadAsync(db => Fleet.LoadAsync(db, stopping), stopping);
        if (!devices.Any(HasRoom)) return false;
        var jobs = await backlog.JobsAsync(stopping);
        if (jobs.Count == 0) return false;

        var allotments = await AllotAsync(jobs, devices, stopping);
        if (allotments.Count == 0) return false;
        var claimed = await backlog.ClaimAsync(allotments, _options.LeaseDuration, stopping);
        CoordinatorMeters.Dispatched(claimed, _clock.GetUtcNow());
        foreach (var task in claimed) await PublishAsync(task, stopping);
        return false;
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

    private async Task<List<Allotment>> AllotAsync(List<WaitingJob> jobs, IReadOnlyList<DeviceLoad> devices, CancellationToken stopping)
    {
        var round = jobs.ToDictionary(job => job.Id, job => new JobRound(job));
        _selection.Begin(jobs.Select(job => job.Contender));
        while (_selection.Next() is { } next)
        {
            var job = round[next.Job];
            // Whether anyone could take it is known without the record: thousands of stuck jobs must cost no query each.
            if (job.Choose(devices, null, HasRoom) is null
                || await PeekAsync(job, stopping) is not { } task
                || job.Choose(devices, task.AvoidWorker, HasRoom) is not { } device)
            {
                _selection.SetAside();
                if (!devices.Any(HasRoom)) break;
                continue;
            }

            device.Add(1, task.Cost);
            job.Allot(device, task);
            _selection.Charge(task.Cost);
        }

        return [.. round.Values.SelectMany(job => job.Allotments)];
    }

    private async Task<WaitingTask?> PeekAsync(JobRound job, CancellationToken stopping)
    {
        if (job.NeedsPeek) job.Enqueue(await backlog.TasksAsync(job.Job.Id, job.LastIndex, PeekSize, stopping), PeekSize);
        return job.Peek();
    }

    /// <summary>A job during one round: the tasks looked at, and those given to devices.</summary>
    private sealed class JobRound(WaitingJob job)
    {
        private readonly Queue<WaitingTask> _ahead = new();
        private readonly Dictionary<DeviceLoad, List<int>> _given = [];
        private bool _seenAll;
        private string? _profile = job.Needs.Profile;

        public WaitingJob Job { get; } = job;

        public int LastIndex { get; private set; } = -1;

        public bool NeedsPeek => _ahead.Count == 0 && !_seenAll;

        public IEnumerable<Allotment> Allotments => _given.Select(entry => new Allotment(Job, entry.Key, entry.Value));

        public void Enqueue(List<WaitingTask> tasks, int asked)
        {
            foreach (var task in tasks) _ahead.Enqueue(task);
            if (tasks.Count > 0) LastIndex = tasks[^1].Index;
            _seenAll = tasks.Count < asked;
        }

        public WaitingTask? Peek() => _ahead.TryPeek(out var task) ? task : null;

        public DeviceLoad? Choose(IReadOnlyList<DeviceLoad> devices, string? avoid, Func<DeviceLoad, bool> hasRoom) =>
            WorkerMatching.Choose(devices, Job.Needs with { Profile = _profile }, avoid, hasRoom);

        public void Allot(DeviceLoad device, WaitingTask task)
        {
            _ahead.Dequeue();
            if (!_given.TryGetValue(device, out var indices)) _given[device] = indices = [];
            indices.Add(task.Index);
            if (Job.Needs.Determinism == DeterminismClasses.Reproducible) _profile = device.Profile;
        }
    }
}
