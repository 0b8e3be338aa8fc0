using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Hosting.Telemetry;
using RenderFarm.Worker.Devices;

namespace RenderFarm.Worker.Telemetry;

/// <summary>What this worker does, in numbers. It learns of it from the reports that leave, so that no step of an attempt has to know of it.</summary>
internal sealed class WorkerMeters : IDisposable
{
    private readonly Meter _meter = new(FarmInstruments.WorkerMeter);
    private readonly Counter<long> _images;
    private readonly Counter<long> _attempts;
    private readonly ConcurrentDictionary<RunId, byte> _begun = [];

    public WorkerMeters(HeldRuns held, IOptions<WorkerOptions> options)
    {
        _images = _meter.CreateCounter<long>(FarmInstruments.WorkerImages, null, "Images stored and reported.");
        _attempts = _meter.CreateCounter<long>(FarmInstruments.WorkerAttempts, null, "Attempts reported.");
        _meter.CreateObservableGauge(FarmInstruments.WorkerHeld, () => held.Snapshot().Count, null, "Attempts held, waiting ones included.");
        _meter.CreateObservableGauge(FarmInstruments.WorkerSlotsUsed, () => _begun.Count, null, "Attempts begun and not yet reported.");
        _meter.CreateObservableGauge(FarmInstruments.WorkerSlots, () => options.Value.Slots * DeviceNames.Of(options.Value).Count, null, "Images denoised at the same time at most.");
    }

    /// <summary>The meter, told apart from others of the same name.</summary>
    internal Meter Meter => _meter;

    /// <summary>The bus has a report.</summary>
    public void Reported(object report)
    {
        switch (report)
        {
            case AttemptStarted started:
                _begun.TryAdd(started.Run, 0);
                break;
            case AttemptSucceeded repeated when !_begun.ContainsKey(repeated.Run):
                // Said again: counted already.
                break;
            case AttemptSucceeded succeeded:
                _images.Add(1);
                End(succeeded.Run, "succeeded");
                break;
            case AttemptFailed failed:
                End(failed.Run, "failed");
                break;
            case AttemptReturned returned:
                End(returned.Run, "returned");
                break;
            case AttemptCanceled canceled:
                End(canceled.Run, "canceled");
                break;
        }
    }

    public void Dispose() => _meter.Dispose();

    private void End(RunId run, string outcome)
    {
        _begun.TryRemove(run, out _);
        _attempts.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
    }
}
