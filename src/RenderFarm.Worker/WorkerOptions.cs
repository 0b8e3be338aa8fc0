using System.ComponentModel.DataAnnotations;
using RenderFarm.Contracts;

namespace RenderFarm.Worker;

/// <summary>How a worker runs. Bound from the section <c>RenderFarm:Worker</c>.</summary>
public sealed class WorkerOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "RenderFarm:Worker";

    /// <summary>The renderer that renders nothing.</summary>
    public const string NullRenderer = "null";

    /// <summary>Name of the worker, stable over restarts: lower-case letters, digits and hyphens. Default <c>worker</c>.</summary>
    [Required]
    [RegularExpression("[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", ErrorMessage = "Worker:Name is 1…63 lower-case letters, digits and hyphens, with no hyphen at either end.")]
    public string Name { get; set; } = "worker";

    /// <summary>Device to render on: <c>auto</c> (default), <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    [Required]
    [RegularExpression("auto|cpu|cuda(:[0-9]{1,3})?", ErrorMessage = "Worker:Device is auto, cpu, cuda or cuda:N.")]
    public string Device { get; set; } = "auto";

    /// <summary>
    /// Several devices, each with an engine and a queue of its own: <c>auto</c> for every one there is, or a list such as <c>cuda:0,cuda:1</c>; <c>cpu:0,cpu:1</c>
    /// gives one CPU two engines. Null (default): the one that <see cref="Device"/> names.
    /// </summary>
    [RegularExpression("auto|(cpu|cuda)(:[0-9]{1,3})?(,(cpu|cuda)(:[0-9]{1,3})?){0,63}", ErrorMessage = "Worker:Devices is auto, or a list of cpu, cpu:N, cuda and cuda:N with commas.")]
    public string? Devices { get; set; }

    /// <summary>Images that each device denoises at the same time, 1…1,024; default 8.</summary>
    [Range(1, 1024)]
    public int Slots { get; set; } = 8;

    /// <summary>Threads of one UNet call, 0…256; default 0: one per core.</summary>
    [Range(0, 256)]
    public int Threads { get; set; }

    /// <summary>Most rows of one UNet call, 0…2,048; default 0: two for each slot, as an image with guidance takes.</summary>
    [Range(0, 2048)]
    public int RowsPerCall { get; set; }

    /// <summary>
    /// Most pixels of one UNet call, all rows together, 0…2,147,483,647; default 0: what the device is good for, 131,072 on a CPU and what half of its memory
    /// holds on a GPU. One image always fits, and a call that does not fit into memory is made again with fewer.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int PixelsPerCall { get; set; }

    /// <summary>
    /// Rows of every UNet call, unused ones filled up, 2…1,024; default 0: a probe finds the numbers of rows that give the same bits. For GPUs whose rows
    /// depend on how many share a call; it is part of the execution profile.
    /// </summary>
    [Range(0, 1024)]
    [DeniedValues(1, ErrorMessage = "Worker:FixedRows is 0, or 2…1,024: an image with guidance takes two.")]
    public int FixedRows { get; set; }

    /// <summary>Most mebibytes of GPU memory that each graph of a checkpoint takes for its work, 0…16,777,216; default 0: what there is. CUDA alone.</summary>
    [Range(0, 16_777_216)]
    public int DeviceMemoryMegabytes { get; set; }

    /// <summary>
    /// Most pixels of an image that this worker takes, width × height of what comes out, after a second pass, 0…2,147,483,647; default 0: any number. The coordinator
    /// gives its devices no larger ones; 1,048,576 is 1024×1024.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int PixelsPerImage { get; set; }

    /// <summary>
    /// Which class the pipelines of this worker are of: <c>reproducible</c> (default), or <c>fast</c>: the quickest kernels there are, which may give an image other
    /// bytes the next time. A fast worker is another execution profile, and takes fast jobs alone.
    /// </summary>
    [RegularExpression("reproducible|fast", ErrorMessage = "Worker:Determinism is reproducible or fast.")]
    public string Determinism { get; set; } = DeterminismClasses.Reproducible;

    /// <summary>Whether UNet calls are captured as CUDA graphs, one for each row count and size of image; default false. CUDA alone.</summary>
    public bool CudaGraphs { get; set; }

    /// <summary>Whether files of checkpoints may have other names elsewhere (hard links), as in a store that keeps equal files once; default false: refused.</summary>
    public bool AllowHardLinks { get; set; }

    /// <summary>Checkpoints kept loaded, 1…64; default 2. The least recently used leaves when it is idle.</summary>
    [Range(1, 64)]
    public int ResidentCheckpoints { get; set; } = 2;

    /// <summary>Folder for checkpoints fetched from the object store, of this worker alone; null (default): none are fetched.</summary>
    public string? CheckpointCache { get; set; }

    /// <summary>Most bytes of fetched checkpoints, 1 MiB…1 PiB; default 100 GiB. The least recently used leaves, never one that is loaded.</summary>
    [Range(1L << 20, 1L << 50, ErrorMessage = "Worker:CheckpointCacheBytes is 1,048,576 to 1,125,899,906,842,624 bytes.")]
    public long CheckpointCacheBytes { get; set; } = 100L << 30;

    /// <summary>Folder of upscalers, each one file <c>NAME.onnx</c>, that second passes may name; null (default): none. Read at start.</summary>
    public string? UpscalerFolder { get; set; }

    /// <summary>Time between heartbeats, 100 ms…1 minute; default 3 s. The coordinator's leases last four of them.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Shortest time between two progress messages, 10 ms…1 minute; default 250 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan Progress { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long an attempt waits for an object store that is away, from when it needs it, 0 s…1 day; default 10 min, with pauses that grow to 10 s. After that it
    /// fails, and is charged. Of a store that refuses, as for a wrong key, it fails at once, and this worker is blamed.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "Worker:StorePatience is 0 seconds to 1 day.")]
    public TimeSpan StorePatience { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Images encoded and stored at the same time, 1…1,024; default 16. The others wait with their pixels, as they do while the store is away.</summary>
    [Range(1, 1024)]
    public int StoresAtOnce { get; set; } = 16;

    /// <summary>
    /// Silence of the engine that counts as stuck, if it is also thirty times as long as a step, 1 s…1 h; default 1 min. Ten times that before the first step, and
    /// for loading a checkpoint and any single call of its text encoders or VAE.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StuckAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Time a stuck engine gets to end its call when asked to, 0 s…10 minutes; default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan StuckGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest time a stop waits for held attempts to be handed back, 0 s…5 minutes; default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Checkpoint folders in the diffusers ONNX layout; the first is loaded at start. Of a worker that is a process of its own.</summary>
    public IList<string> Checkpoints { get; } = [];

    /// <summary>Whether a worker that is a process of its own serves health and metrics over HTTP; default true.</summary>
    public bool Health { get; set; } = true;

    /// <summary><c>engine</c> (default) renders; <c>null</c> makes small pictures of nothing, to measure and to break the farm around them.</summary>
    [RegularExpression("engine|null", ErrorMessage = "Worker:Renderer is engine, or null to render nothing.")]
    public string Renderer { get; set; } = "engine";

    /// <summary>Size of a PNG that shows nothing, 0…64 MiB; default 5,000 bytes. A picture with its texts takes some 2,000.</summary>
    [Range(0, 1 << 26)]
    public int NullImageBytes { get; set; } = 5_000;

    /// <summary>Time that one takes in its slot, 0 s…10 min; default none.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan NullImageTime { get; set; }
}
