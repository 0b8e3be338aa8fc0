namespace RenderFarm.Contracts.Attempts;

/// <summary>
/// What a worker has to say about its attempts, all that waits at that moment in one message: under load a message carries many reports, without load
/// one report does not wait for another. Delivered at least once, as a whole.
/// </summary>
/// <param name="Reports">In the order in which they came up.</param>
public sealed record AttemptReports(IReadOnlyList<AttemptReport> Reports);

/// <summary>One report: exactly one of its members is set. A reader takes one in which none is, from a newer worker, for no news.</summary>
public sealed record AttemptReport
{
    /// <summary>It entered an engine slot.</summary>
    public AttemptStarted? Started { get; init; }

    /// <summary>Its image is in the object store.</summary>
    public AttemptSucceeded? Succeeded { get; init; }

    /// <summary>It ended without an image.</summary>
    public AttemptFailed? Failed { get; init; }

    /// <summary>The worker gives it back.</summary>
    public AttemptReturned? Returned { get; init; }

    /// <summary>The worker stopped it as told.</summary>
    public AttemptCanceled? Canceled { get; init; }

    /// <summary>Wraps one event of an attempt.</summary>
    /// <exception cref="ArgumentException">It is none of the five.</exception>
    public static AttemptReport Of(object report) => report switch
    {
        AttemptStarted started => new AttemptReport { Started = started },
        AttemptSucceeded succeeded => new AttemptReport { Succeeded = succeeded },
        AttemptFailed failed => new AttemptReport { Failed = failed },
        AttemptReturned returned => new AttemptReport { Returned = returned },
        AttemptCanceled canceled => new AttemptReport { Canceled = canceled },
        _ => throw new ArgumentException($"{report.GetType().Name} is no report of an attempt.", nameof(report)),
    };
}
