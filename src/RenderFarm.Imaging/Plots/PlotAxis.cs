using System.Globalization;

namespace RenderFarm.Imaging.Plots;

/// <summary>From values to pixels along one axis of a plot.</summary>
internal sealed class PlotAxis
{
    private const int WantedTicks = 6;
    private readonly bool _isLogarithmic;
    private readonly double _low, _high;
    private readonly int _from, _to;

    private PlotAxis(double low, double high, bool isLogarithmic, int from, int to) =>
        (_low, _high, _isLogarithmic, _from, _to) = (low, high, isLogarithmic, from, to);

    /// <summary>An axis that shows all of these values.</summary>
    /// <param name="values">Values; those that are not finite, or not positive on a logarithmic axis, are not shown.</param>
    /// <param name="isLogarithmic">Whether equal distances are equal ratios; else the axis begins at 0 or below.</param>
    /// <param name="from">Pixel of the lowest value.</param>
    /// <param name="to">Pixel of the highest value.</param>
    public static PlotAxis Over(IEnumerable<double> values, bool isLogarithmic, int from, int to)
    {
        var shown = values.Where(value => double.IsFinite(value) && (!isLogarithmic || value > 0)).DefaultIfEmpty(1).ToList();
        if (isLogarithmic) return new PlotAxis(Math.Floor(Math.Log10(shown.Min())), Math.Max(Math.Floor(Math.Log10(shown.Min())) + 1, Math.Log10(shown.Max())), true, from, to);
        var low = Math.Min(0, shown.Min());
        return new PlotAxis(low, Math.Max(shown.Max(), low + 1e-9), false, from, to);
    }

    /// <summary>Whether the axis has a place for a value.</summary>
    public bool Shows(double value) => double.IsFinite(value) && (!_isLogarithmic || value > 0);

    /// <summary>Pixel of a value.</summary>
    public int Place(double value)
    {
        var along = ((_isLogarithmic ? Math.Log10(value) : value) - _low) / (_high - _low);
        return _from + (int)Math.Round(along * (_to - _from));
    }

    /// <summary>Round values within the axis and how they are written.</summary>
    public IEnumerable<(double Value, string Label)> Ticks()
    {
        if (_isLogarithmic)
        {
            for (var power = (int)_low; power <= _high; power++) yield return (Math.Pow(10, power), Write(Math.Pow(10, power)));
            yield break;
        }

        var step = Math.Pow(10, Math.Floor(Math.Log10((_high - _low) / WantedTicks)));
        while ((_high - _low) / step > 2 * WantedTicks) step *= 5;
        if ((_high - _low) / step > WantedTicks) step *= 2;
        for (var i = Math.Ceiling(_low / step); i * step <= _high; i++) yield return (i * step, Write(i * step));
    }

    private static string Write(double value) => Math.Abs(value) >= 1_000_000
        ? (value / 1_000_000).ToString("0.##", CultureInfo.InvariantCulture) + " M"
        : value.ToString("0.####", CultureInfo.InvariantCulture);
}
