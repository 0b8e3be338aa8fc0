using Microsoft.Extensions.Options;

namespace RenderFarm.Worker;

/// <summary>Who this process is: a name that outlives it, and an incarnation that does not.</summary>
internal sealed class WorkerIdentity(IOptions<WorkerOptions> options, TimeProvider clock)
{
    /// <summary>Name of the one device that a worker drives, part of its queue's name. Which device that is, the profile says.</summary>
    public const string Device = "main";

    public string Name { get; } = options.Value.Name;

    public Guid Incarnation { get; } = Guid.CreateVersion7(clock.GetUtcNow());
}
