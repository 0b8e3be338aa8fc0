using RenderFarm.Contracts;

namespace RenderFarm.Coordinator.Inputs;

/// <summary>A picture that was sent in (table <c>inputs</c>). Its row is written before its object, and outlives it.</summary>
internal sealed class StoredInput
{
    /// <summary>Digest of its pixels.</summary>
    public required string Digest { get; init; }

    /// <summary>When it was last sent in, or a request last named it.</summary>
    public required DateTimeOffset UsedAt { get; set; }

    /// <summary>Whether its object is being deleted: then nobody may count on it, nor write it again, until the row is gone.</summary>
    public bool IsLeaving { get; set; }
}

/// <summary>That a job begins from a picture (table <c>job_inputs</c>). Gone with the job.</summary>
internal sealed class JobInput
{
    /// <summary>The job.</summary>
    public required JobId Job { get; init; }

    /// <summary>Digest of the picture.</summary>
    public required string Digest { get; init; }
}
