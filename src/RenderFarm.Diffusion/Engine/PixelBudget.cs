namespace RenderFarm.Diffusion.Engine;

/// <summary>
/// How many pixels a UNet call may have, learned from the device: half of what did not fit, then slowly upwards again, a sixteenth of the configured
/// maximum at a time (additive increase, multiplicative decrease, as in Chiu and Jain 1989).
/// </summary>
/// <remarks>
/// Pixels and not rows are counted, because memory goes with both the number of rows and their size. Every failure doubles the number of calls
/// before the next step upwards, so that a limit that is there to stay costs ever fewer failed calls.
/// </remarks>
internal sealed class PixelBudget
{
    /// <summary>Calls that must succeed before the first step upwards.</summary>
    public const int FirstPatience = 64;

    private const int LongestPatience = 65_536;
    private readonly long _maximum;
    private int _patience = FirstPatience / 2;
    private int _succeeded;

    /// <param name="maximum">Configured maximum, pixels of all rows of a call together.</param>
    public PixelBudget(long maximum) => Pixels = _maximum = maximum;

    /// <summary>Most pixels of the next call, all rows together.</summary>
    public long Pixels { get; private set; }

    /// <summary>A call of this many pixels did not fit.</summary>
    public void Exhausted(long pixels)
    {
        Pixels = Math.Max(1, Math.Min(Pixels, pixels / 2));
        _patience = Math.Min(2 * _patience, LongestPatience);
        _succeeded = 0;
    }

    /// <summary>A call went through.</summary>
    public void Succeeded()
    {
        if (Pixels >= _maximum || ++_succeeded < _patience) return;
        _succeeded = 0;
        Pixels = Math.Min(_maximum, Pixels + Math.Max(1, _maximum / 16));
    }
}
