using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Hosting.Telemetry;
using RenderFarm.Tests.Hosting.Telemetry;
using RenderFarm.Worker;
using RenderFarm.Worker.Telemetry;
using Xunit;

namespace RenderFarm.Tests.Worker.Telemetry;

public sealed class WorkerMetersTests : IDisposable
{
    private readonly WorkerMeters _meters = new(new HeldRuns(), Options.Create(new WorkerOptions { Slots = 5 }));
    private readonly InstrumentReader _reader;
    private readonly AttemptId _attempt = new(JobId.New(TimeProvider.System), 0, 1);

    public WorkerMetersTests() => _reader = new InstrumentReader(instrument => instrument.Meter == _meters.Meter);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _reader.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public async Task Slots_are_used_from_the_start_of_a_run_until_its_end_is_reported()
    {
        var sender = new MeteredReportSender(new Bus(), _meters);
        RunId[] runs = [Run(), Run(), Run(), Run()];
        foreach (var run in runs) await sender.ReportAsync([new AttemptStarted(_attempt, run, "w")], Cancellation);
        Assert.Equal(4, _reader.Now(FarmInstruments.WorkerSlotsUsed, "")[""]);

        await sender.ReportAsync([new AttemptSucceeded(_attempt, runs[0], "w", new StoredImage("k", "s", 1, 1, "p"))], Cancellation);
        await sender.ReportAsync([new AttemptFailed(_attempt, runs[1], "w", new AttemptFailure("c", true, "d"))], Cancellation);
        await sender.ReportAsync([new AttemptReturned(_attempt, runs[2], "w")], Cancellation);
        await sender.ReportAsync([new AttemptCanceled(_attempt, runs[3], "w")], Cancellation);

        Assert.Equal(["canceled", "failed", "returned", "succeeded"], _reader.Read(FarmInstruments.WorkerAttempts, "outcome").Select(entry => entry.Tag).Order());
        Assert.Equal(1, _reader.Read(FarmInstruments.WorkerImages).Sum(entry => entry.Value));
        Assert.Equal(0, _reader.Now(FarmInstruments.WorkerSlotsUsed, "")[""]);
        Assert.Equal(5, _reader.Now(FarmInstruments.WorkerSlots, "")[""]);
    }

    [Fact]
    public async Task Report_that_the_bus_refused_is_counted_when_it_takes_it()
    {
        var bus = new Bus { Refuses = true };
        var sender = new MeteredReportSender(bus, _meters);
        var report = await BegunAndDoneAsync(new MeteredReportSender(new Bus(), _meters));

        await Assert.ThrowsAsync<IOException>(() => sender.ReportAsync([report], Cancellation));
        Assert.Empty(_reader.Read(FarmInstruments.WorkerImages));
        bus.Refuses = false;
        await sender.ReportAsync([report], Cancellation);

        Assert.Single(_reader.Read(FarmInstruments.WorkerImages));
    }

    [Fact]
    public async Task Success_that_is_said_again_is_counted_once()
    {
        var sender = new MeteredReportSender(new Bus(), _meters);
        var report = await BegunAndDoneAsync(sender);
        for (var i = 0; i < 2; i++) await sender.ReportAsync([report], Cancellation);
        Assert.Single(_reader.Read(FarmInstruments.WorkerImages));
        Assert.Single(_reader.Read(FarmInstruments.WorkerAttempts, "outcome"));
    }

    private async Task<AttemptSucceeded> BegunAndDoneAsync(MeteredReportSender sender)
    {
        var run = Run();
        await sender.ReportAsync([new AttemptStarted(_attempt, run, "w")], Cancellation);
        return new AttemptSucceeded(_attempt, run, "w", new StoredImage("k", "s", 1, 1, "p"));
    }

    private static RunId Run() => RunId.New(TimeProvider.System);

    private sealed class Bus : IReportSender
    {
        public bool Refuses { get; set; }

        public Task ReportAsync(IReadOnlyList<object> reports, CancellationToken cancellation) => Refuses ? throw new IOException("The broker is away.") : Task.CompletedTask;

        public Task TellAsync(object message, CancellationToken cancellation) => Task.CompletedTask;

        public Task ProgressAsync(AttemptsProgressed progress, CancellationToken cancellation) => Task.CompletedTask;
    }
}
