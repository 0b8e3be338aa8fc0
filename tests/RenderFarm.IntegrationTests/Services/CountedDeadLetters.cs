using System.Diagnostics.Metrics;
using RenderFarm.Hosting.Telemetry;

namespace RenderFarm.IntegrationTests.Services;

/// <summary>Messages of one queue that count as set aside from now on, whichever bus of this process read them.</summary>
internal sealed class CountedDeadLetters : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _count;

    public CountedDeadLetters(string queue)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == FarmInstruments.BusDeadLettered) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            if (tags[0].Value as string == queue) Interlocked.Add(ref _count, count);
        });
        _listener.Start();
    }

    public long Count => Interlocked.Read(ref _count);

    public void Dispose() => _listener.Dispose();
}
