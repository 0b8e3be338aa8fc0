namespace RenderFarm.Contracts.Workers;

/// <summary>
/// A coordinator's question to itself, sent the way that heartbeats take: while it comes back, heartbeats would have arrived too.
/// Whichever coordinator receives it hands it on to the one that asks. Losing or repeating one is harmless.
/// </summary>
/// <param name="Coordinator">Name of the coordinator that asks.</param>
/// <param name="Incarnation">Made at each start of it: answers to a former life are no news.</param>
/// <param name="Number">Number of the probe within the incarnation, from 1.</param>
public sealed record LeaseProbe(string Coordinator, Guid Incarnation, long Number);
