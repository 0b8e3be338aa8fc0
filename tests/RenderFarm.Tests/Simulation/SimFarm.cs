using System.Buffers.Binary;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Reports;

namespace RenderFarm.Tests.Simulation;

/// <summary>A whole farm in one thread and virtual time: two coordinators, three workers, a bus, a store, a record. All chance comes from one seed.</summary>
internal sealed class SimFarm
{
    public const string Checkpoint = "sha256:demo";
    public const long SmallPixels = 262_144;
    public const long LargePixels = 1_048_576;
    private readonly Random _chance;
    private readonly List<SimCoordinator> _coordinators;
    private DateTimeOffset _leaderSeen;
    private double? _freezeNext;
    private double? _holdNext;
    private bool _isWaking;
    private uint _ids;

    public SimFarm(int seed, SimRules rules)
    {
        _chance = new Random(seed);
        Bus = new SimBus(Clock, _chance);
        Invariants = new Invariants(this, Options);
        _coordinators = [new SimCoordinator("a", this, Options, rules), new SimCoordinator("b", this, Options, rules)];
        Workers = [new SimWorker("w0", this, _chance), new SimWorker("w1", this, _chance), new SimWorker("w2", this, _chance) { IsFlaky = seed % 4 == 0 }];
        _leaderSeen = Clock.Now.AddSeconds(-60);
        Clock.Every(1, KeepLeader);
        Clock.Every(4, Record.Follow);
        foreach (var coordinator in _coordinators)
        {
            Clock.Every(1, coordinator.Look);
            Clock.Every(1, coordinator.Dispatch);
        }

        foreach (var worker in Workers) Clock.After(_chance.NextDouble(), worker.Start);
    }

    public static CoordinatorOptions Options { get; } = new()
    {
        RescueInterval = TimeSpan.FromSeconds(1),
        MaxRetryBackoff = TimeSpan.FromSeconds(4),
        MaxRescues = 1_000,
        QuarantineFaults = 3,
        QuarantineCoolDown = TimeSpan.FromSeconds(10),
    };

    public SimClock Clock { get; } = new();

    public SimBus Bus { get; }

    public SimStore Store { get; } = new();

    public SimRecord Record { get; } = new();

    public SimLedger Ledger { get; } = new();

    public Invariants Invariants { get; }

    public IReadOnlyList<SimWorker> Workers { get; }

    /// <summary>Whether one of the workers renders on another execution profile than the others.</summary>
    public bool HasTwoProfiles { get; init; }

    /// <summary>Most pixels of an image that a worker takes; null for any number. One is small.</summary>
    public static long? PixelsPerImageOf(string worker) => worker == "w0" ? SmallPixels : null;

    public string ProfileOf(string worker) => HasTwoProfiles && worker == "w1" ? "q" : "p";

    public SimWorker Worker(string name) => Workers.Single(worker => worker.Name == name);

    public SimCoordinator Coordinator(int which) => _coordinators[which % _coordinators.Count];

    /// <summary>A version 7 UUID of the present time, the same for the same seed.</summary>
    public Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Clock.Now.ToUnixTimeMilliseconds() << 16);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], ++_ids);
        (bytes[6], bytes[8]) = (0x70, 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>How long an image takes: a few seconds, seldom most of a minute; the same for every attempt.</summary>
    public static double RenderSeconds(AttemptId attempt)
    {
        var draw = new Random(HashCode(attempt)).NextDouble();
        return draw < 0.06 ? 45 : 0.3 + (draw * 5);
    }

    public StoredImage ImageOf(AttemptId attempt, RunId run, string worker) =>
        new($"images/{attempt.Job}/{attempt.Index}-{attempt.Number}-{run}", $"hash of {attempt.Index}", 1_000 + attempt.Index, 1_500, ProfileOf(worker));

    public RenderJob Submit(string tenant, string priority, IReadOnlyList<TaskNature> tasks, long cost = 10, long pixels = SmallPixels)
    {
        var job = new RenderJob
        {
            Id = new JobId(NewGuid()),
            Tenant = tenant,
            Model = "demo",
            Checkpoint = Checkpoint,
            Pixels = pixels,
            Priority = priority,
            Determinism = DeterminismClasses.Reproducible,
            Format = ImageFormats.Png,
            TasksTotal = tasks.Count,
            Cost = tasks.Count * cost,
            CreatedAt = Clock.Now,
        }.WithAllQueued();
        for (var index = 0; index < tasks.Count; index++) Ledger.Submitted(job.Id, index, tasks[index]);
        Record.Add(job, [.. tasks.Select((_, index) => new RenderTask { Job = job.Id, Index = index, Cost = cost })]);
        WakeDispatch();
        return job;
    }

    public void Tell(string worker, object message) => Bus.Send(MessageKind.Worker, worker, () =>
    {
        if (AnyUp() is not { } up) return false;
        if (_holdNext is not { } seconds || message is not WorkerHeartbeat heartbeat) return up.Handle(message);
        var arrived = Clock.Now;
        _holdNext = null;
        Clock.After(seconds, () => up.HandleLate(heartbeat, arrived));
        return true;
    });

    /// <summary>The next heartbeat stays with its coordinator for a time before it is written.</summary>
    public void HoldNextHeartbeat(double seconds) => _holdNext = seconds;

    public bool Deliver(Report report) => Bus.Send(MessageKind.Report, report.Worker, () =>
    {
        if (AnyUp() is not { } up || !up.Handle(report)) return false;
        Invariants.Acknowledged(report);
        return true;
    });

    public void Publish(string worker, AttemptId attempt) => Bus.Send(MessageKind.Command, worker, () => Worker(worker).Take(attempt));

    public void Cancel(string worker, AttemptId attempt) => Bus.Send(MessageKind.Command, worker, () => Worker(worker).Cancel(attempt));

    public void Probe(string coordinator, Action returns) => Bus.Send(MessageKind.Probe, coordinator, () =>
    {
        if (AnyUp() is null || Record.IsAway) return false;
        returns();
        return true;
    });

    /// <summary>The next round of dispatch freezes its leader between choice and claim.</summary>
    public void FreezeNextRound(double seconds) => _freezeNext = seconds;

    public double? TakeFreeze()
    {
        var seconds = _freezeNext;
        _freezeNext = null;
        return seconds;
    }

    public void WakeDispatch()
    {
        if (_isWaking) return;
        _isWaking = true;
        Clock.After(0.05, () =>
        {
            _isWaking = false;
            foreach (var coordinator in _coordinators) coordinator.Dispatch();
        });
    }

    private static int HashCode(AttemptId attempt)
    {
        Span<byte> bytes = stackalloc byte[16];
        attempt.Job.Value.TryWriteBytes(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]) ^ BinaryPrimitives.ReadInt32LittleEndian(bytes) ^ (attempt.Index * 7919);
    }

    // Competing consumers: any coordinator that is up may get a message.
    private SimCoordinator? AnyUp()
    {
        var up = _coordinators.Where(coordinator => coordinator.IsUp).ToList();
        return up.Count == 0 ? null : up[_chance.Next(up.Count)];
    }

    // As the leader's row works: four seconds without a renewal, and another takes over with the next epoch.
    private void KeepLeader()
    {
        if (Record.IsAway) return;
        if (_coordinators.Exists(coordinator => coordinator.IsUp && coordinator.Epoch == Record.Epoch)) _leaderSeen = Clock.Now;
        if (Clock.Now - _leaderSeen < TimeSpan.FromSeconds(4) || AnyUp() is not { } next) return;
        _leaderSeen = Clock.Now;
        next.Lead(++Record.Epoch);
    }
}
