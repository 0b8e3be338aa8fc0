using System.Globalization;
using RenderFarm.Cli.Output;

namespace RenderFarm.Cli.Checkpoints;

/// <summary>Follows bytes on their way.</summary>
internal interface ITransfer
{
    /// <summary>How many there are to come; anew when it turns out otherwise.</summary>
    void Expect(long bytes);

    /// <summary>So many more are there. May be called from several threads.</summary>
    void Advance(long bytes);
}

/// <summary>
/// Bytes done, their rate and the time to the end: one line drawn again on a terminal, elsewhere a line for every tenth.
/// </summary>
internal sealed class TransferProgress(string verb, CliEnvironment environment, bool isSilent) : ITransfer
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(200);
    private readonly Lock _gate = new();
    private long _begun;
    private long _drawn;
    private long _total;
    private long _done;
    private int _tenths;

    public void Expect(long bytes)
    {
        lock (_gate) (_total, _done, _tenths, _begun) = (bytes, 0, 0, environment.Clock.GetTimestamp());
    }

    public void Advance(long bytes)
    {
        lock (_gate)
        {
            _done += bytes;
            if (isSilent || _total == 0) return;
            if (environment.ErrorIsTerminal) Draw();
            else if ((int)(_done * 10 / _total) is var tenths && tenths > _tenths) Say(tenths);
        }
    }

    private void Draw()
    {
        if (_done < _total && environment.Clock.GetElapsedTime(_drawn) < Redraw) return;
        _drawn = environment.Clock.GetTimestamp();
        environment.Error.Write($"\r{Line(),-78}");
        if (_done >= _total) environment.Error.WriteLine();
    }

    private void Say(int tenths)
    {
        _tenths = tenths;
        environment.Error.WriteLine(Line());
    }

    private string Line()
    {
        var elapsed = environment.Clock.GetElapsedTime(_begun).TotalSeconds;
        var rate = elapsed > 0 ? _done / elapsed : 0;
        var rest = rate > 0 && _done < _total ? "  ETA " + ProgressText.Duration(TimeSpan.FromSeconds((_total - _done) / rate)) : "";
        return string.Create(CultureInfo.InvariantCulture, $"{verb} {Bytes(_done)} of {Bytes(_total)}  {Bytes((long)rate)}/s{rest}");
    }

    /// <summary>For example <c>13.4 MB</c>.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB"),
    };
}
