using Microsoft.Extensions.Options;

namespace RenderFarm.Worker;

/// <summary>Who this process is: a name that outlives it, and an incarnation that does not.</summary>
internal sealed class WorkerIdentity(IOptions<WorkerOptions> options, TimeProvider clock)
{
    /// <summary>The only device of a CPU worker.</summary>
    public const string Device = "cpu";

    public string Name { get; } = options.Value.Name;

    public Guid Incarnation { get; } = Guid.CreateVersion7(clock.GetUtcNow());
}
