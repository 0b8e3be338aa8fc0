using System.Runtime.CompilerServices;

namespace RenderFarm.Tests.Simulation;

/// <summary>Builds the text of a broken invariant, and costs nothing while it holds.</summary>
[InterpolatedStringHandler]
internal ref struct OtherwiseHandler
{
    private DefaultInterpolatedStringHandler _text;

    public OtherwiseHandler(int literalLength, int formattedCount, bool holds, out bool isNeeded)
    {
        isNeeded = !holds;
        _text = isNeeded ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public override string ToString() => _text.ToStringAndClear();
}
