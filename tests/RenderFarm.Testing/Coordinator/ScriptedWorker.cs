using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using MassTransit;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Hosting.Messaging;
using RenderFarm.Hosting.Messaging.Queues;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Testing.Coordinator;

/// <summary>A worker that does what the test says, over the real bus and the real messages.</summary>
public sealed class ScriptedWorker(string name, string device, MemoryObjectStore store)
{
    /// <summary>Digest of the checkpoint that workers hold unless told otherwise.</summary>
    public static readonly string Digest = "sha256:" + new string('a', 64);

    private readonly Channel<RunAttempt> _received = Channel.CreateUnbounded<RunAttempt>();
    private readonly Channel<AttemptId> _canceled = Channel.CreateUnbounded<AttemptId>();

    /// <summary>The worker's name.</summary>
    public string Name { get; } = name;

    /// <summary>Its present incarnation.</summary>
    public Guid Incarnation { get; set; } = Guid.CreateVersion7(DateTimeOffset.UnixEpoch);

    /// <summary>Slots of its device.</summary>
    public int Slots { get; set; } = 4;

    /// <summary>Execution profile of its device.</summary>
    public string Profile { get; set; } = "onnxruntime 1.31.1/cpu/x64-avx2/1";

    /// <summary>Estimated speed in pixel-steps per second: so slow by default that the window holds one image beyond the slots.</summary>
    public double Speed { get; set; } = 1;

    /// <summary>The checkpoints it holds.</summary>
    public IReadOnlyList<CheckpointDescription> Checkpoints { get; set; } = [Checkpoint("demo", Digest)];

    /// <summary>The upscalers it holds; null (default) for none.</summary>
    public IReadOnlyList<UpscalerDescription>? Upscalers { get; set; }

    /// <summary>What its device says besides; nothing by default, as a worker of a version before does.</summary>
    public Func<DeviceCapabilities, DeviceCapabilities> Says { get; set; } = said => said;

    /// <summary>What a safety checker says of its images; null (default) for none.</summary>
    public (bool Flag, double Score)? Verdict { get; set; }

    /// <summary>What it does with each attempt by itself; null to leave it to the test.</summary>
    public Func<ScriptedWorker, RunAttempt, Task>? Script { get; set; }

    /// <summary>Sends to the coordinator; set by the host.</summary>
    internal IBus? Bus { get; set; }

    /// <summary>Renders everything at once.</summary>
    public static Task Succeed(ScriptedWorker worker, RunAttempt attempt) => worker.SucceedAsync(attempt.Attempt);

    /// <summary>A checkpoint with the demo's defaults.</summary>
    public static CheckpointDescription Checkpoint(string name, string digest) => new()
    {
        Name = name,
        Digest = digest,
        Width = 64,
        Height = 64,
        SideMultiple = 8,
        Steps = 10,
        Sampler = Samplers.DpmPlusPlus2M,
        NoiseSchedule = NoiseSchedules.Karras,
        TimestepSpacing = TimestepSpacings.Leading,
        GuidanceScale = 3,
    };

    /// <summary>The next attempt it got, in the order of arrival.</summary>
    public async Task<RunAttempt> NextAsync(CancellationToken cancellation) => await _received.Reader.ReadAsync(cancellation);

    /// <summary>Attempts it got that no one has looked at.</summary>
    public int Unread => _received.Reader.Count;

    /// <summary>Drops what it got and did not look at, as a process that dies does.</summary>
    public void Forget()
    {
        while (_received.Reader.TryRead(out _))
        {
        }
    }

    /// <summary>The next attempt it was told to stop.</summary>
    public async Task<AttemptId> NextCanceledAsync(CancellationToken cancellation) => await _canceled.Reader.ReadAsync(cancellation);

    /// <summary>Says what it can render.</summary>
    public Task AnnounceAsync() => SendAsync(EndpointNames.Workers, Announcement);

    /// <summary>What it says that it can render.</summary>
    public WorkerAnnounced Announcement =>
        new(Name, Incarnation, new WorkerCapabilities([Says(new DeviceCapabilities(device, Slots, Profile, Speed))], Checkpoints) { Upscalers = Upscalers });

    /// <summary>Says what it holds.</summary>
    public Task BeatAsync(params HeldRun[] runs) => SendAsync(EndpointNames.Workers, new WorkerHeartbeat(Name, Incarnation, runs));

    /// <summary>Leaves in good order.</summary>
    public Task LeaveAsync() => SendAsync(EndpointNames.Workers, new WorkerLeft(Name, Incarnation));

    /// <summary>Reports a start.</summary>
    public Task StartAsync(AttemptId attempt, RunId run) => SendAsync(EndpointNames.Reports, new AttemptStarted(attempt, run, Name));

    /// <summary>Stores an image and reports it.</summary>
    public async Task<StoredImage> SucceedAsync(AttemptId attempt, RunId? run = null, string format = ImageFormats.Png, bool isStored = true)
    {
        var ofRun = run ?? new RunId(Guid.NewGuid());
        var content = Encoding.UTF8.GetBytes($"image {attempt.Index} of {attempt.Job}");
        var key = ObjectKey.ForImage(attempt, ofRun, format);
        if (isStored) await store.PutAsync(key, content, ImageFormats.ContentType(format), CancellationToken.None);
        var image = new StoredImage(key.Value, Convert.ToHexStringLower(SHA256.HashData(content)), content.Length, 1_500, Profile) { SafetyFlag = Verdict?.Flag, SafetyScore = Verdict?.Score };
        await SendAsync(EndpointNames.Reports, new AttemptSucceeded(attempt, ofRun, Name, image));
        return image;
    }

    /// <summary>Reports a failure.</summary>
    public Task FailAsync(AttemptId attempt, AttemptFailure failure, RunId? run = null) =>
        SendAsync(EndpointNames.Reports, new AttemptFailed(attempt, run ?? new RunId(Guid.NewGuid()), Name, failure));

    /// <summary>Says several things in one message, as an outbox under load does.</summary>
    public Task ReportAsync(params object[] reports) => SendAsync(EndpointNames.Reports, new AttemptReports([.. reports.Select(AttemptReport.Of)]));

    /// <summary>Hands an attempt back.</summary>
    public Task ReturnAsync(AttemptId attempt, RunId run) => SendAsync(EndpointNames.Reports, new AttemptReturned(attempt, run, Name));

    /// <summary>Reports that it stopped as told.</summary>
    public Task StopAsync(AttemptId attempt, RunId run) => SendAsync(EndpointNames.Reports, new AttemptCanceled(attempt, run, Name));

    /// <summary>Reports steps.</summary>
    public Task ProgressAsync(AttemptId attempt, RunId run, int step, int steps) =>
        Bus!.Publish(new AttemptsProgressed(Name, [new AttemptProgress(attempt, run, step, steps)]));

    /// <summary>The queues of this worker.</summary>
    internal BusPart Part => new(_ => { }, (_, transport) =>
    {
        transport.ReceiveEndpoint(EndpointNames.Render(Name, device), endpoint =>
        {
            endpoint.Handler<RunAttempt>(context => TakeAsync(context.Message));
            endpoint.Handler<RunAttempts>(async context =>
            {
                foreach (var attempt in context.Message.Attempts) await TakeAsync(attempt);
            });
        });
        transport.ReceiveEndpoint(EndpointNames.Control(Name), endpoint => endpoint.Handler<CancelAttempt>(async context =>
            await _canceled.Writer.WriteAsync(context.Message.Attempt)));
    });

    private async Task TakeAsync(RunAttempt attempt)
    {
        await _received.Writer.WriteAsync(attempt);
        if (Script is { } script) await script(this, attempt);
    }

    private async Task SendAsync<T>(string endpoint, T message)
        where T : class
    {
        var target = await Bus!.GetSendEndpoint(EndpointNames.Address(endpoint));
        await target.Send(message);
    }
}
