namespace RenderFarm.Cli.Embedded;

/// <summary>How a farm inside this program is set up. All defaults together: the demo checkpoint, nothing kept, nobody else can connect.</summary>
internal sealed record EmbeddedFarmOptions
{
    /// <summary>Where record and images live. Null: a private temporary folder, deleted when the farm is disposed.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Checkpoint folders in the diffusers ONNX layout. Empty: the demo checkpoint beside the program.</summary>
    public IReadOnlyList<string> CheckpointFolders { get; init; } = [];

    /// <summary>Folder of upscalers that second passes may name. Null: none.</summary>
    public string? UpscalerFolder { get; init; }

    /// <summary>CUDA where this build can drive it, else the CPU.</summary>
    public const string AnyDevice = "auto";

    /// <summary>Device to render on: auto, cpu, cuda or cuda:N.</summary>
    public string Device { get; init; } = AnyDevice;

    /// <summary>Addresses to listen on, such as <c>http://127.0.0.1:8180</c>. Empty: a private Unix socket only.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    /// <summary>Whether the farm's own log goes to standard error.</summary>
    public bool Verbose { get; init; }
}
