using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Hosting.Background;
using RenderFarm.Hosting.Telemetry;

namespace RenderFarm.Coordinator.Telemetry;

/// <summary>
/// What the record holds, as gauges: read every few seconds and not at every scrape, so that a careless scraper cannot load the record. Every coordinator
/// gives the same numbers, so queries take their maximum and not their sum. A reading that has grown old is not shown at all: an autoscaler must see that
/// it knows nothing, and not an empty backlog.
/// </summary>
internal sealed class RecordGauges : FarmLoop
{
    /// <summary>Time between two readings.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Age beyond which a reading is withheld: three that failed.</summary>
    public static readonly TimeSpan OldAge = Interval * 3;

    private readonly FarmRecord _record;
    private readonly TimeProvider _clock;
    private readonly Meter _meter = new(FarmInstruments.CoordinatorMeter);
    private Taken? _taken;

    public RecordGauges(FarmRecord record, TimeProvider clock, ILogger<RecordGauges> logger) : base(Interval, clock, logger)
    {
        _record = record;
        _clock = clock;
        Gauge(FarmInstruments.BacklogPixelSteps, "Cost of the tasks that wait in the backlog and are not paused.", reading => reading.Checkpoints.Select(entry => Of(entry.BacklogCost, "checkpoint", entry.Name)));
        Gauge(FarmInstruments.HeldPixelSteps, "Cost of the tasks that workers hold.", reading => reading.Checkpoints.Select(entry => Of(entry.HeldCost, "checkpoint", entry.Name)));
        Gauge(FarmInstruments.Tasks, "Tasks that have not ended.", reading => reading.Tasks.Select(entry => Of(entry.Value, "status", entry.Key)));
        Gauge(FarmInstruments.Workers, "Workers in the record.", reading => reading.Workers.Select(entry => Of(entry.Value, "status", entry.Key)));
    }

    /// <summary>The meter of these gauges, told apart from others of the same name.</summary>
    internal Meter Meter => _meter;

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task<bool> PassAsync(CancellationToken stopping)
    {
        var reading = await _record.ReadAsync(db => RecordReading.TakeAsync(db, stopping), stopping);
        Volatile.Write(ref _taken, new Taken(reading, _clock.GetTimestamp()));
        return false;
    }

    private void Gauge(string name, string description, Func<RecordReading, IEnumerable<Measurement<double>>> values) =>
        _meter.CreateObservableGauge(name, () => Fresh() is { } reading ? values(reading) : [], null, description);

    private RecordReading? Fresh() =>
        Volatile.Read(ref _taken) is { } taken && _clock.GetElapsedTime(taken.At) <= OldAge ? taken.Reading : null;

    private static Measurement<double> Of(double value, string tag, string tagValue) => new(value, new KeyValuePair<string, object?>(tag, tagValue));

    private sealed record Taken(RecordReading Reading, long At);
}
