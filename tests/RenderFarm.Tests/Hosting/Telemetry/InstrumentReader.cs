using System.Diagnostics.Metrics;

namespace RenderFarm.Tests.Hosting.Telemetry;

/// <summary>Everything that one meter, or one instrument of the process, measures from now on.</summary>
internal sealed class InstrumentReader : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(string Name, double Value, Dictionary<string, string> Tags)> _seen = [];
    private readonly MeterListener _listener = new();

    public InstrumentReader(Func<Instrument, bool> wanted)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (wanted(instrument)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Asks the gauges, and gives what an instrument measured, by the value of a tag; empty text where there is none.</summary>
    public IReadOnlyList<(string Tag, double Value)> Read(string instrument, string tag = "")
    {
        _listener.RecordObservableInstruments();
        lock (_gate)
            return [.. _seen.Where(entry => entry.Name == instrument).Select(entry => (entry.Tags.GetValueOrDefault(tag, ""), entry.Value))];
    }

    /// <summary>What gauges show now, forgetting what they showed before.</summary>
    public IReadOnlyDictionary<string, double> Now(string gauge, string tag)
    {
        lock (_gate) _seen.Clear();
        return Read(gauge, tag).ToDictionary(entry => entry.Tag, entry => entry.Value);
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var texts = new Dictionary<string, string>();
        foreach (var (name, text) in tags) texts[name] = text?.ToString() ?? "";
        lock (_gate) _seen.Add((instrument.Name, value, texts));
    }
}
