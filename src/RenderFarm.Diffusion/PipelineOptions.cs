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

    /// <summary>Whether waiting threads spin: a little faster for small graphs, at the cost of everything else on the machine. Default false.</summary>
    public bool Spin { get; init; }

    /// <summary>Images that share one UNet call at most, 1…1,024; default 8. More wait, and short ones overtake long ones.</summary>
    [Range(1, 1024)]
    public int Slots { get; init; } = 8;

    /// <summary>Most rows of one UNet call, 1…1,024; default 16. An image with guidance takes two.</summary>
    [Range(1, 1024)]
    public int MaxRows { get; init; } = 16;

    /// <summary>Most pixels of one UNet call, all rows together; default 131,072 (two rows of 256×256). One image always fits.</summary>
    [Range(1, int.MaxValue)]
    public int MaxPixelsPerCall { get; init; } = 131_072;

    /// <summary>Prompt embeddings kept for reuse, 0…65,536; default 256.</summary>
    [Range(0, 65_536)]
    public int CachedEmbeddings { get; init; } = 256;

    /// <summary>
    /// Folder of ESRGAN-class upscalers; <c>NAME.onnx</c> in it is what <see cref="GenerationRequest.HiresUpscaler"/> calls <c>NAME</c>. Null (default): none.
    /// </summary>
    public string? UpscalerFolder { get; init; }
}
