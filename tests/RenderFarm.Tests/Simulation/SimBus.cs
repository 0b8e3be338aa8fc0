namespace RenderFarm.Tests.Simulation;

/// <summary>What a message is, because they are lost in different ways.</summary>
internal enum MessageKind
{
    Command,
    Report,
    Worker,
    Probe,
}

/// <summary>
/// A bus that delays, reorders, doubles and loses, and at times carries nothing at all: then senders are refused, and what was under way
/// waits. A receiver that does not acknowledge gets the message again.
/// </summary>
internal sealed class SimBus(SimClock clock, Random chance)
{
    private readonly HashSet<(MessageKind, string)> _lostLast = [];

    /// <summary>Whether it carries nothing now.</summary>
    public bool IsAway { get; set; }

    /// <summary>Whether it loses, doubles and delays.</summary>
    public bool IsNoisy { get; set; } = true;

    /// <summary>Sends a message.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="line">Who sends to whom; of one kind and line no two messages in a row are lost.</param>
    /// <param name="deliver">Delivers it; false for not acknowledged.</param>
    /// <returns>False when the bus refused it.</returns>
    public bool Send(MessageKind kind, string line, Func<bool> deliver)
    {
        if (IsAway) return false;
        var copies = !IsNoisy ? 1 : chance.NextDouble() < Loss(kind) && _lostLast.Add((kind, line)) ? 0 : chance.NextDouble() < 0.08 ? 2 : 1;
        if (copies > 0) _lostLast.Remove((kind, line));
        for (var copy = 0; copy < copies; copy++) Carry(deliver, Delay(kind));
        return true;
    }

    private static double Loss(MessageKind kind) => kind switch
    {
        MessageKind.Command => 0.06,
        MessageKind.Report => 0.01,
        _ => 0.08,
    };

    private double Delay(MessageKind kind)
    {
        if (!IsNoisy) return 0.01;
        // Late ones are seldom, and very late; heartbeats and probes stay within what the tolerance allows for.
        var isLate = chance.NextDouble() < 0.05;
        return chance.NextDouble() * (isLate ? kind is MessageKind.Worker or MessageKind.Probe ? 1.5 : 20 : 0.2);
    }

    private void Carry(Func<bool> deliver, double delay) => clock.After(delay, () =>
    {
        if (IsAway || !deliver()) Carry(deliver, 0.5);
    });
}
