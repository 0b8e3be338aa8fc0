using RenderFarm.Contracts;
using RenderFarm.Contracts.Workers;
using RenderFarm.Diffusion;
using RenderFarm.Worker.NullRenderer;

namespace RenderFarm.Worker.Devices;

/// <summary>One device: its own engine, loaded checkpoints and queue.</summary>
/// <param name="name">Name within the worker.</param>
/// <param name="pipelines">What is loaded on it.</param>
/// <param name="steps">Whether its engine steps.</param>
/// <param name="profile">Its execution profile, as one line.</param>
/// <param name="memoryBytes">Memory that checkpoints may take; null when it is not known.</param>
internal sealed class RenderDevice(string name, PipelineCache pipelines, StepWatch steps, string profile, long? memoryBytes) : IDisposable
{
    public string Name => name;

    public PipelineCache Pipelines => pipelines;

    public StepWatch Steps => steps;

    public DeviceSpeed Speed { get; } = new();

    /// <summary>What it can do, as it is now.</summary>
    public DeviceCapabilities Capabilities(int slots)
    {
        var measured = Speed.Measured();
        return new DeviceCapabilities(name, slots, profile, measured.Count == 0 ? 0 : measured.Max(speed => speed.PixelStepsPerSecond))
        {
            MemoryBytes = memoryBytes,
            Resident = pipelines.Resident() is { Count: > 0 } resident ? resident : null,
            Measured = measured.Count > 0 ? measured : null,
        };
    }

    /// <summary>Profile of a worker's options on a device: the one that its images will name, or a reproducible job would take none of them.</summary>
    public static string ProfileOf(WorkerOptions options, string device) => SettingsMapping.ToProfile(options.Renderer == WorkerOptions.NullRenderer
        ? NullPipeline.Nothing
        : ExecutionEnvironment.Of(SettingsMapping.ToPipelineOptions(options, device))).ToString();

    /// <summary>Memory of a device: what a CPU's process may take, or the limit that was set for a GPU's graphs.</summary>
    public static long? MemoryOf(WorkerOptions options, string device) =>
        device == "cpu" ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes
        : options.DeviceMemoryMegabytes > 0 ? options.DeviceMemoryMegabytes * 1024L * 1024 : null;

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
