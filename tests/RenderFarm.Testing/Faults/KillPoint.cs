namespace RenderFarm.Testing.Faults;

/// <summary>Where a process can be made to kill itself.</summary>
public enum KillPoint
{
    /// <summary>A worker has a delivery in its hands and has not taken it.</summary>
    MessageReceived,

    /// <summary>The checkpoint is there, and the image is about to enter the engine.</summary>
    CheckpointLoaded,

    /// <summary>Half of the steps are done.</summary>
    MidStep,

    /// <summary>All steps are done.</summary>
    LastStep,

    /// <summary>The pixels are there, and a file is being made of them.</summary>
    Encoding,

    /// <summary>The object is on its way to the store.</summary>
    PutBegun,

    /// <summary>The store has the object, and nobody has heard of it.</summary>
    PutDone,

    /// <summary>The broker has the report, and the worker has not yet let go of the run.</summary>
    ReportSent,

    /// <summary>A coordinator has claimed a task in the record and has not sent it.</summary>
    Claimed,

    /// <summary>A coordinator has sent an attempt.</summary>
    Published,

    /// <summary>A coordinator has written a success and has not committed it.</summary>
    ReportWritten,

    /// <summary>A coordinator has committed reports and has not acknowledged them.</summary>
    ReportCommitted,
}

/// <summary>The points by program.</summary>
public static class KillPoints
{
    /// <summary>Those of a worker, in the order in which an attempt meets them.</summary>
    public static IReadOnlyList<KillPoint> OfWorker { get; } =
    [
        KillPoint.MessageReceived, KillPoint.CheckpointLoaded, KillPoint.MidStep, KillPoint.LastStep,
        KillPoint.Encoding, KillPoint.PutBegun, KillPoint.PutDone, KillPoint.ReportSent,
    ];

    /// <summary>Those of a coordinator.</summary>
    public static IReadOnlyList<KillPoint> OfCoordinator { get; } =
        [KillPoint.Claimed, KillPoint.Published, KillPoint.ReportWritten, KillPoint.ReportCommitted];
}
