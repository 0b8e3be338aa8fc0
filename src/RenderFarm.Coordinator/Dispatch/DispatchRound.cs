using RenderFarm.Contracts;

namespace RenderFarm.Coordinator.Dispatch;

/// <summary>The tasks of a job that wait, read on demand.</summary>
/// <param name="job">The job.</param>
/// <param name="after">Only tasks with a greater index.</param>
/// <param name="count">At most so many, in order of index.</param>
internal delegate Task<List<WaitingTask>> PeekTasks(JobId job, int after, int count);

/// <summary>
/// One round of dispatch: who gets what, as far as the devices have room. Pure but for the reading of the backlog, which is given to it.
/// Keeps the fairness of <see cref="FairSelection"/> and the turns of <see cref="AloneTurns"/> between rounds.
/// </summary>
internal sealed class DispatchRound(Func<DeviceLoad, bool> hasRoom)
{
    // One of the two ways of AloneTurns to find a suspect its worker.
    private delegate DeviceLoad? PlaceAlone(IReadOnlyList<DeviceLoad> devices, Func<Func<DeviceLoad, bool>, DeviceLoad?> choose);

    private const int PeekSize = 64;

    // Beyond these the others of the job wait for the next round: each is looked at in every round that it stands in the way.
    private const int MostPassedOver = 4 * PeekSize;

    private readonly FairSelection _selection = new();
    private readonly AloneTurns _alone = new();

    /// <summary>Whether the last round left a worker idle that the next may use.</summary>
    public bool WantsAnother { get; private set; }

    /// <summary>
    /// Allots what waits to devices with room. Suspects first, for they need whole workers; then all others in fair order; then more suspects, on workers that
    /// the others left empty.
    /// </summary>
    /// <param name="jobs">Jobs with queued tasks, in order of submission.</param>
    /// <param name="suspects">Queued suspects of these jobs.</param>
    /// <param name="devices">Devices of active workers.</param>
    /// <param name="peek">Reads waiting tasks that are no suspects.</param>
    /// <param name="othersWait">Whether more jobs wait than these: a worker that is left empty is for them.</param>
    public async Task<List<Allotment>> AllotAsync(
        IReadOnlyList<WaitingJob> jobs, IReadOnlyList<WaitingSuspect> suspects, IReadOnlyList<DeviceLoad> devices, PeekTasks peek, bool othersWait = false)
    {
        var round = new Round(jobs, SizeLimits.Of(devices));
        _selection.Begin(jobs.Select(job => job.Contender));
        _alone.Begin(devices);
        var placed = AllotSuspects(round, suspects, devices, _alone.Place);
        await AllotOthersAsync(round, devices, peek);
        if (!othersWait && placed.Count < suspects.Count)
        {
            _alone.Open(devices);
            placed.AddRange(AllotSuspects(round, suspects.Except(placed), devices, _alone.PlaceOnLeft));
        }

        foreach (var suspect in placed) _selection.Charge(round[suspect.Job].Job.Contender, suspect.Cost);
        WantsAnother = _alone.End(devices) && suspects.Count > placed.Count;
        return [.. round.LookedAt.SelectMany(job => job.Allotments)];
    }

    // Tenants take turns, and within a tenant the oldest suspicion is first.
    private static IEnumerable<WaitingSuspect> InTurns(IEnumerable<WaitingSuspect> suspects, Round round) => suspects
        .Where(suspect => round.Has(suspect.Job))
        .GroupBy(suspect => round[suspect.Job].Job.Tenant)
        .SelectMany(tenant => tenant.Select((suspect, place) => (suspect, place)))
        .OrderBy(entry => entry.place)
        .Select(entry => entry.suspect);

    private static List<WaitingSuspect> AllotSuspects(Round round, IEnumerable<WaitingSuspect> suspects, IReadOnlyList<DeviceLoad> devices, PlaceAlone place)
    {
        var placed = new List<WaitingSuspect>();
        foreach (var suspect in InTurns(suspects, round))
        {
            var job = round[suspect.Job];
            if (place(devices, condition => job.Choose(devices, suspect.AvoidWorker, condition)) is not { } device) continue;
            device.Add(1, suspect.Cost);
            job.Allot(device, suspect.Index);
            placed.Add(suspect);
        }

        return placed;
    }

    private async Task AllotOthersAsync(Round round, IReadOnlyList<DeviceLoad> devices, PeekTasks peek)
    {
        // Within a round devices only fill up: who found none free will find none.
        var stuck = new HashSet<RenderNeeds>();
        while (_selection.Next() is { } next)
        {
            var job = round[next.Job];
            // Whether anyone could take it is known without the record: thousands of stuck jobs must cost no query each, and no look at the fleet.
            if (IsStuck(job, devices, stuck)
                || await NextAsync(job, devices, peek) is not var (task, device))
            {
                _selection.SetAside();
                if (!devices.Any(hasRoom)) break;
                continue;
            }

            device.Add(1, task.Cost);
            job.Take(device);
            _selection.Charge(task.Cost);
        }
    }

    private bool IsStuck(JobRound job, IReadOnlyList<DeviceLoad> devices, HashSet<RenderNeeds> stuck)
    {
        if (stuck.Contains(job.Needs)) return true;
        if (job.Choose(devices, null, hasRoom) is not null) return false;
        stuck.Add(job.Needs);
        return true;
    }

    // The first task of a job that some device can take now. One that waits for another worker than the one it failed on lets the tasks behind it pass.
    private async Task<(WaitingTask Task, DeviceLoad Device)?> NextAsync(JobRound job, IReadOnlyList<DeviceLoad> devices, PeekTasks peek)
    {
        while (true)
        {
            if (job.NeedsPeek) job.Enqueue(await peek(job.Job.Id, job.LastIndex, PeekSize), PeekSize);
            if (job.Peek() is not { } task) return null;
            if (job.Choose(devices, task.AvoidWorker, hasRoom) is { } device) return (task, device);
            if (!job.PassOver(MostPassedOver)) return null;
        }
    }

    /// <summary>The jobs of one round. Most are never looked at, since devices are full before: they get nothing of their own here.</summary>
    private sealed class Round(IReadOnlyList<WaitingJob> jobs, SizeLimits limits)
    {
        private readonly Dictionary<JobId, int> _places = jobs.Select((job, place) => (job.Id, place)).ToDictionary();
        private readonly Dictionary<int, JobRound> _lookedAt = [];

        /// <summary>In order of submission.</summary>
        public IEnumerable<JobRound> LookedAt => _lookedAt.OrderBy(entry => entry.Key).Select(entry => entry.Value);

        public bool Has(JobId job) => _places.ContainsKey(job);

        public JobRound this[JobId job]
        {
            get
            {
                var place = _places[job];
                if (!_lookedAt.TryGetValue(place, out var looked)) _lookedAt[place] = looked = new JobRound(jobs[place], limits);
                return looked;
            }
        }
    }

    /// <summary>A job during one round: the tasks looked at, and those given to devices.</summary>
    private sealed class JobRound(WaitingJob job, SizeLimits limits)
    {
        private readonly Queue<WaitingTask> _ahead = new();
        private readonly Dictionary<DeviceLoad, List<int>> _given = [];
        private bool _seenAll;
        private int _passedOver;

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

        // By the range of its size: what the same devices can take is the same need, or every size that is stuck would cost a look at the fleet.
        public RenderNeeds Needs { get; private set; } = job.Needs with { Pixels = limits.EndOfRange(job.Needs.Pixels) };

        public DeviceLoad? Choose(IReadOnlyList<DeviceLoad> devices, string? avoid, Func<DeviceLoad, bool> hasRoom) =>
            WorkerMatching.Choose(devices, Needs, avoid, hasRoom);

        /// <summary>Leaves the next task to a later round; false when enough were left already.</summary>
        public bool PassOver(int most)
        {
            if (_passedOver == most) return false;
            _passedOver++;
            _ahead.Dequeue();
            return true;
        }

        public void Take(DeviceLoad device) => Allot(device, _ahead.Dequeue().Index);

        public void Allot(DeviceLoad device, int index)
        {
            if (!_given.TryGetValue(device, out var indices)) _given[device] = indices = [];
            indices.Add(index);
            if (Needs.Determinism == DeterminismClasses.Reproducible && Needs.Profile is null) Needs = Needs with { Profile = device.Profile };
        }
    }
}
