using RenderFarm.Contracts;
using RenderFarm.Contracts.Workers;

namespace RenderFarm.Worker.Devices;

/// <summary>One device: its own engine, loaded checkpoints and queue.</summary>
/// <param name="name">Name within the worker.</param>
/// <param name="pipelines">What is loaded on it.</param>
/// <param name="steps">Whether its engine steps.</param>
/// <param name="traits">What does not change while the process runs.</param>
internal sealed class RenderDevice(string name, PipelineCache pipelines, StepWatch steps, DeviceTraits traits) : IDisposable
{
    public string Name => name;

    public PipelineCache Pipelines => pipelines;

    public StepWatch Steps => steps;

    public DeviceSpeed Speed { get; } = new();

    /// <summary>What it can do, as it is now.</summary>
    public DeviceCapabilities Capabilities(int slots)
    {
        var measured = Speed.Measured();
        return new DeviceCapabilities(name, slots, traits.Profile, measured.Count == 0 ? 0 : measured.Max(speed => speed.PixelStepsPerSecond))
        {
            MemoryBytes = traits.MemoryBytes,
            // In one order, or what is loaded would seem to change.
            Resident = pipelines.Resident() is { Count: > 0 } resident ? [.. resident.Order(StringComparer.Ordinal)] : null,
            Measured = measured.Count > 0 ? measured : null,
            Provider = traits.Provider,
            Determinism = traits.Determinism,
            PixelsPerImage = traits.PixelsPerImage,
            Speeds = Speed.ByRows() is { Count: > 0 } speeds ? speeds : null,
        };
    }

    /// <summary>
    /// Whether it may render a recipe. A message for a former life of the worker may name one that it may not: a fast device has no business with a reproducible job.
    /// </summary>
    public bool MayRender(Recipe recipe) => traits.Determinism != DeterminismClasses.Fast || recipe.Determinism == DeterminismClasses.Fast;

    /// <inheritdoc />
    public void Dispose() => pipelines.Dispose();
}

/// <summary>The devices of this worker.</summary>
internal sealed class RenderDevices(IReadOnlyList<RenderDevice> all) : IDisposable
{
    public IReadOnlyList<RenderDevice> All => all;

    /// <summary>The device of a name; the first for a name of a former life, whose queue may still hold messages.</summary>
    public RenderDevice this[string name] => all.FirstOrDefault(device => device.Name == name) ?? all[0];

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var device in all) device.Dispose();
    }
}
