using System.ComponentModel.DataAnnotations;

namespace RenderFarm.Diffusion;

/// <summary>How a pipeline uses its device.</summary>
public sealed record PipelineOptions
{
    /// <summary><c>auto</c> (default: CUDA where this build can drive it, else the CPU), <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Threads of one UNet call, 0…256; 0 (default) for one per core.</summary>
    [Range(0, 256)]
    public int Threads { get; init; }

    /// <summary>
    /// <see cref="DeterminismClass.Reproducible"/> (default) or <see cref="DeterminismClass.Fast"/>. An environment says so: a fast pipeline is another one.
    /// </summary>
    public DeterminismClass Determinism { get; init; }

    /// <summary>
    /// Rows of every UNet call, 2…1,024, with unused ones filled up: for devices that give a row other bits in calls of other sizes. 0 (default): a probe
    /// at load finds the sizes whose rows agree with those of a call of two, and on the CPUs tested that is every size.
    /// </summary>
    [Range(0, 1024)]
    public int FixedRows { get; init; }

    /// <summary>
    /// Most mebibytes of device memory that the arena of each graph takes, 0…16,777,216; 0 (default) for what there is. CUDA alone. A call that does not fit
    /// is made again with fewer images.
    /// </summary>
    [Range(0, 16_777_216)]
    public int DeviceMemoryMegabytes { get; init; }

    /// <summary>
    /// Whether UNet calls are captured as CUDA graphs, one for each row count and size of image. Default false: it saves launches of small kernels, and keeps
    /// memory for every graph. CUDA alone; a running call cannot be ended early then.
    /// </summary>
    public bool CudaGraphs { get; init; }

    /// <summary>Whether waiting threads spin: a little faster for small graphs, at the cost of everything else on the machine. Default false.</summary>
    public bool Spin { get; init; }

    /// <summary>Images that share one UNet call at most, 1…1,024; default 8. More wait, and short ones overtake long ones.</summary>
    [Range(1, 1024)]
    public int Slots { get; init; } = 8;

    /// <summary>Most rows of one UNet call, 1…2,048; 0 (default): two for each of the <see cref="Slots"/>, as an image with guidance takes.</summary>
    [Range(0, 2048)]
    public int MaxRows { get; init; }

    /// <summary>
    /// Most pixels of one UNet call, all rows together; one image always fits. 0 (default): what the device is good for. On a CPU 131,072 (two rows of
    /// 256×256): the time of a call grows with its pixels from there on, so that more of them only make everybody's step longer. On a GPU what half of its
    /// memory, or of <see cref="DeviceMemoryMegabytes"/>, holds at 4 KiB a pixel: 5,242,880 (twenty rows of 512×512) for 40 GiB.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int MaxPixelsPerCall { get; init; }

    /// <summary><see cref="MaxRows"/>, or what follows from the slots.</summary>
    internal int RowsPerCall => MaxRows > 0 ? MaxRows : 2 * Slots;

    /// <summary>Prompt embeddings kept for reuse, 0…65,536; default 256.</summary>
    [Range(0, 65_536)]
    public int CachedEmbeddings { get; init; } = 256;

    /// <summary>
    /// Whether a checkpoint's graphs and weights may have other names elsewhere (hard links). Default false: such a file may be somebody else's. True is for
    /// a store of your own that keeps equal files once.
    /// </summary>
    public bool AllowHardLinks { get; init; }

    /// <summary>
    /// Folder of ESRGAN-class upscalers; <c>NAME.onnx</c> in it is what <see cref="GenerationRequest.HiresUpscaler"/> calls <c>NAME</c>, or by the
    /// digest of its bytes (<see cref="Pictures.UpscalerFile"/>). Null (default): none.
    /// </summary>
    public string? UpscalerFolder { get; init; }
}
