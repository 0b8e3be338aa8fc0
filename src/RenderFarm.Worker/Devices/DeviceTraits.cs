using RenderFarm.Contracts;
using RenderFarm.Diffusion;
using RenderFarm.Worker.NullRenderer;

namespace RenderFarm.Worker.Devices;

/// <summary>What holds for a device as long as its process runs.</summary>
/// <param name="Profile">Its execution profile, as one line: the one that its images will name, or a reproducible job would take none of them.</param>
/// <param name="Provider">Its execution provider, for example <c>cpu</c>.</param>
internal sealed record DeviceTraits(string Profile, string Provider)
{
    /// <summary>One of <see cref="DeterminismClasses"/>.</summary>
    public string Determinism { get; init; } = DeterminismClasses.Reproducible;

    /// <summary>Memory in bytes that checkpoints and their work may take; null when it is not known.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Most pixels of an image that it takes; null for any number.</summary>
    public long? PixelsPerImage { get; init; }

    /// <summary>Those of a worker's options on a device.</summary>
    /// <param name="options">Of the worker.</param>
    /// <param name="device">As the engine calls it.</param>
    public static DeviceTraits Of(WorkerOptions options, string device)
    {
        var isNull = options.Renderer == WorkerOptions.NullRenderer;
        var engine = SettingsMapping.ToPipelineOptions(options, device);
        var profile = SettingsMapping.ToProfile(isNull ? NullPipeline.Nothing : ExecutionEnvironment.Of(engine));
        return new DeviceTraits(profile.ToString(), profile.Provider)
        {
            Determinism = options.Determinism,
            MemoryBytes = isNull ? null : ExecutionEnvironment.MemoryOf(engine),
            PixelsPerImage = options.PixelsPerImage > 0 ? options.PixelsPerImage : null,
        };
    }
}
