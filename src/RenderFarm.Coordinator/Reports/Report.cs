using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Coordinator.Persistence;

namespace RenderFarm.Coordinator.Reports;

/// <summary>What a worker says about one run, freed of the bus and of what no record can keep of its texts (<see cref="RecordText"/>).</summary>
internal abstract record Report(AttemptId Attempt, RunId Run, string Worker)
{
    public string Worker { get; } = RecordText.Of(Worker);
}

/// <summary>It entered an engine slot.</summary>
internal sealed record StartReport(AttemptId Attempt, RunId Run, string Worker) : Report(Attempt, Run, Worker);

/// <summary>Its image is in the object store.</summary>
internal sealed record SuccessReport(AttemptId Attempt, RunId Run, string Worker, StoredImage Image) : Report(Attempt, Run, Worker)
{
    public StoredImage Image { get; } = RecordText.Of(Image);
}

/// <summary>It ended without an image.</summary>
internal sealed record FailureReport(AttemptId Attempt, RunId Run, string Worker, AttemptFailure Failure) : Report(Attempt, Run, Worker)
{
    public AttemptFailure Failure { get; } = RecordText.Of(Failure);
}

/// <summary>The worker gave it back, because it shuts down or was told to stop.</summary>
internal sealed record ReturnReport(AttemptId Attempt, RunId Run, string Worker) : Report(Attempt, Run, Worker);
