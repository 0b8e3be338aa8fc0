namespace RenderFarm.Contracts.Attempts;

/// <summary>
/// Command to one device of one worker: render this recipe. A wake-up that names an attempt: losing it or repeating it is harmless.
/// It carries the whole recipe, so a worker needs no database.
/// </summary>
/// <param name="Attempt">The attempt; with the worker's own run id it is the fencing token.</param>
/// <param name="Recipe">What to render.</param>
/// <param name="Format">File format of the result, one of <see cref="ImageFormats.All"/>.</param>
/// <param name="Quality">Quality 1…100 of a lossy format; null for the format's default.</param>
public sealed record RunAttempt(AttemptId Attempt, Recipe Recipe, string Format, int? Quality);

/// <summary>
/// Commands to one device of one worker in one message: under load a round of dispatch gives a device many attempts. Each stands for itself, as if it had
/// come alone; a single one comes as <see cref="RunAttempt"/>, as does each one that is said again.
/// </summary>
/// <param name="Attempts">In the order in which they were chosen.</param>
public sealed record RunAttempts(IReadOnlyList<RunAttempt> Attempts);

/// <summary>Command to a worker: the record no longer wants this attempt. Said again whenever a heartbeat lists it.</summary>
/// <param name="Attempt">The attempt.</param>
public sealed record CancelAttempt(AttemptId Attempt);
