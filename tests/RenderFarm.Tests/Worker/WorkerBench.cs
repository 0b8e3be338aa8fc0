using System.Threading.Channels;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Hosting.Startup;
using RenderFarm.Testing;
using RenderFarm.Testing.Engine;
using RenderFarm.Worker;
using RenderFarm.Worker.Checkpoints;
using RenderFarm.Worker.Devices;

namespace RenderFarm.Tests.Worker;

/// <summary>A worker without a bus: its reports come out of a channel, its pipelines are fakes, one a device, its store a folder.</summary>
internal sealed class WorkerBench : IReportSender, IPipelineLoader, IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-worker-");
    private readonly Channel<object> _reports = Channel.CreateUnbounded<object>();
    private readonly ReportOutbox _outbox;

    private static readonly DeviceTraits Reproducible = new("a profile", "cpu");

    public WorkerBench(IObjectStore? store = null, bool hasSecondDevice = false, DeviceTraits? traits = null)
    {
        var options = Options.Create(new WorkerOptions { Name = "bench" });
        var ofDevices = traits ?? Reproducible;
        Identity = new WorkerIdentity(options, Clock);
        Store = store ?? new FileObjectStore(_folder.FullName);
        Shelf = new CheckpointShelf([(Checkpoint.Open(Repository.DemoCheckpoint), CheckpointDescriptions.Of(Checkpoint.Open(Repository.DemoCheckpoint), Digest))]);
        _outbox = new ReportOutbox(this, Clock, NullLogger<ReportOutbox>.Instance);
        Pipelines = new PipelineCache("cpu", Shelf, this, options, Clock, NullLogger<PipelineCache>.Instance);
        Devices = new RenderDevices([
            new RenderDevice(WorkerIdentity.Device, Pipelines, Steps, ofDevices),
            .. hasSecondDevice ? [new RenderDevice(SecondDevice, new PipelineCache(SecondDevice, Shelf, this, options, Clock, NullLogger<PipelineCache>.Instance), new StepWatch(options.Value.StuckAfter), ofDevices)]
                : Array.Empty<RenderDevice>()]);
        End = new EarlyEnd(new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance));
        Retirement = new Retirement(Runs, End, NullLogger<Retirement>.Instance);
        Heartbeats = new HeartbeatLoop(Identity, Runs, new WorkerOffer(Shelf, new UpscalerShelf([]), Devices, Retirement, options), this, options, Clock, NullLogger<HeartbeatLoop>.Instance);
        Watchdog = new EngineWatchdog(Devices, Runs, Retirement, Heartbeats, options, Clock, NullLogger<EngineWatchdog>.Instance);
        Service = new WorkerService(Identity, Runs, Devices, Shelf, Heartbeats, this, options, Clock, NullLogger<WorkerService>.Instance);
        var patience = new StorePatience(options, Clock, NullLogger<StorePatience>.Instance);
        Runner = new AttemptRunner(
            Identity,
            Runs,
            Successes,
            Devices,
            new InputPictures(Store),
            new ImagePublisher(Store, patience, options, Clock),
            patience,
            _outbox,
            new ProgressBoard(Identity, this, options, Clock, NullLogger<ProgressBoard>.Instance),
            Clock,
            NullLogger<AttemptRunner>.Instance);
        _ = _outbox.StartAsync(CancellationToken.None);
    }

    public const string SecondDevice = "second";

    public const string Digest = "sha256:0000000000000000000000000000000000000000000000000000000000000001";

    public FakeTimeProvider Clock { get; } = new();

    public WorkerIdentity Identity { get; }

    public HeldRuns Runs { get; } = new();

    public RecentSuccesses Successes { get; } = new();

    public StepWatch Steps { get; } = new(new WorkerOptions().StuckAfter);

    public EngineWatchdog Watchdog { get; }

    public HeartbeatLoop Heartbeats { get; }

    public Retirement Retirement { get; }

    /// <summary>What the worker asks its program for.</summary>
    public EarlyEnd End { get; }

    public WorkerService Service { get; }

    public FakePipeline Pipeline { get; } = new();

    /// <summary>That of the second device.</summary>
    public FakePipeline SecondPipeline { get; } = new();

    public IObjectStore Store { get; }

    public CheckpointShelf Shelf { get; }

    public PipelineCache Pipelines { get; }

    public RenderDevices Devices { get; }

    public AttemptRunner Runner { get; }

    /// <summary>Error that the bus answers with, while set.</summary>
    public Exception? BusError { get; set; }

    /// <summary>Whether the bus neither takes a message nor refuses it.</summary>
    public bool IsBusDeaf { get; set; }

    public int Loads { get; private set; }

    /// <summary>Keeps every load of the first device from returning until it is set; null (default) for none.</summary>
    public ManualResetEventSlim? LoadGate { get; set; }

    /// <summary>Completes when a load has begun.</summary>
    public TaskCompletionSource Loading { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Error that every load ends with, while set.</summary>
    public Exception? LoadError { get; set; }

    public static RunAttempt Command(string prompt, int number = 1, string checkpoint = Digest, string format = "png") => new(
        new AttemptId(new JobId(Guid.Parse("0190a0a0-0000-7000-8000-000000000001")), 3, number),
        new Recipe
        {
            Checkpoint = checkpoint,
            Prompt = prompt,
            PromptSyntax = PromptSyntaxes.A1111,
            Seed = 42,
            Width = 64,
            Height = 64,
            Steps = 2,
            Sampler = Samplers.Ddim,
            NoiseSchedule = NoiseSchedules.Uniform,
            TimestepSpacing = TimestepSpacings.Leading,
            GuidanceScale = 4,
        },
        format,
        Quality: null);

    public async Task<T> NextReportAsync<T>()
    {
        return Xunit.Assert.IsType<T>(await NextAsync());
    }

    /// <summary>The next of a kind that is as asked for; what comes before it is passed over.</summary>
    public async Task<T> SeeAsync<T>(Func<T, bool>? isIt = null)
    {
        while (true)
        {
            if (await NextAsync() is T seen && isIt?.Invoke(seen) != false) return seen;
        }
    }

    // Bounded: what never comes is a failure, and not a test run that never ends.
    private Task<object> NextAsync() =>
        _reports.Reader.ReadAsync(Xunit.TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Xunit.TestContext.Current.CancellationToken);

    /// <summary>Whether anything was said that nobody has read yet.</summary>
    public bool HasMore => _reports.Reader.TryPeek(out _);

    public Task ReportAsync(IReadOnlyList<object> reports, CancellationToken cancellation)
    {
        if (IsBusDeaf) return new TaskCompletionSource().Task;
        if (BusError is { } error) throw error;
        foreach (var report in reports) _reports.Writer.TryWrite(report);
        return Task.CompletedTask;
    }

    public Task TellAsync(object message, CancellationToken cancellation) => ReportAsync([message], cancellation);

    public Task ProgressAsync(AttemptsProgressed progress, CancellationToken cancellation) => Task.CompletedTask;

    public ITextToImagePipeline Load(Checkpoint checkpoint, string device)
    {
        Loads++;
        Loading.TrySetResult();
        if (device != SecondDevice) LoadGate?.Wait();
        if (LoadError is { } error) throw error;
        return device == SecondDevice ? SecondPipeline : Pipeline;
    }

    public Task NextOutboxPass() => _outbox.NextPass();

    /// <summary>Lets time pass, and the watchdog look at the engine after it.</summary>
    public async Task WatchAsync(TimeSpan time)
    {
        var cancellation = Xunit.TestContext.Current.CancellationToken;
        Clock.Advance(time);
        for (var pass = 0; pass < 2; pass++)
        {
            var next = Watchdog.NextPass();
            Watchdog.Wake();
            await next.WaitAsync(cancellation);
        }
    }

    /// <summary>Completes when nothing is held any more: a moment after the last report came out.</summary>
    public async Task LetGoAsync()
    {
        while (Runs.Entries().Count > 0) await Task.Yield();
    }

    public async ValueTask DisposeAsync()
    {
        LoadGate?.Set();
        Pipeline.Release();
        SecondPipeline.Release();
        Watchdog.Dispose();
        Heartbeats.Dispose();
        await _outbox.StopAsync(CancellationToken.None);
        _outbox.Dispose();
        Devices.Dispose();
        _folder.Delete(recursive: true);
    }
}
