using RenderFarm.Contracts;
using RenderFarm.Coordinator.Reports;

namespace RenderFarm.Tests.Simulation;

/// <summary>What a task does to whoever renders it.</summary>
internal enum TaskNature
{
    Good,
    BadRecipe,
    Poison,
}

/// <summary>What really happened, kept outside the farm: the verdict never comes from the farm's own counts.</summary>
internal sealed class SimLedger
{
    private readonly Dictionary<(JobId, int), TaskNature> _natures = [];
    private readonly HashSet<Report> _judged = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(JobId, int), int> _failures = [];
    private readonly Dictionary<(JobId, int), int> _deaths = [];
    private readonly HashSet<Guid> _left = [];

    public void Submitted(JobId job, int index, TaskNature nature) => _natures[(job, index)] = nature;

    public void Failed(AttemptId attempt) => _failures[Key(attempt)] = FailuresOf(attempt.Job, attempt.Index) + 1;

    public void Died(AttemptId attempt) => _deaths[Key(attempt)] = DeathsOf(attempt.Job, attempt.Index) + 1;

    public TaskNature NatureOf(AttemptId attempt) => _natures[Key(attempt)];

    public int FailuresOf(JobId job, int index) => _failures.GetValueOrDefault((job, index));

    public int DeathsOf(JobId job, int index) => _deaths.GetValueOrDefault((job, index));

    /// <summary>The record has seen the farewell of an incarnation, which is the last that it says.</summary>
    public void Left(Guid incarnation) => _left.Add(incarnation);

    public bool HasLeft(Guid incarnation) => _left.Contains(incarnation);

    /// <summary>The record has seen a report, and taken or refused it.</summary>
    public void Judged(Report report) => _judged.Add(report);

    public bool WasJudged(Report report) => _judged.Contains(report);

    private static (JobId, int) Key(AttemptId attempt) => (attempt.Job, attempt.Index);
}
