namespace RenderFarm.Diffusion.Onnx.Devices;

/// <summary>How many pixels a UNet call may have, where the options leave it to the device.</summary>
/// <remarks>
/// A CPU is busy with one row: from <see cref="CpuPixels"/> on, a call's time grows with its pixels, and a larger one gains nothing but longer steps for
/// everybody in it. A GPU is busy with many, and its memory is the limit. What a pixel takes differs between checkpoints (attention over 64×64 cells without
/// a fused kernel is the worst), so this is where <see cref="Engine.PixelBudget"/> begins; a call that does not fit halves it. Limitations: the estimate for GPUs is
/// reckoned and not measured.
/// </remarks>
internal static class CallBudget
{
    /// <summary>Pixels on a CPU: two rows of 256×256.</summary>
    public const long CpuPixels = 131_072;

    /// <summary>Bytes that a pixel of a row takes while a UNet runs: eight heads of float32 scores, with their exponentials, are 1 GiB at 512×512.</summary>
    public const long BytesPerPixel = 4_096;

    /// <summary>Memory of a GPU whose driver does not tell: 8 GiB, the least that is common.</summary>
    public const long UnknownMemory = 8L << 30;

    /// <summary>Most pixels of one call, all rows together.</summary>
    /// <param name="options">Of the pipeline.</param>
    /// <param name="device">What it runs on.</param>
    public static long Pixels(PipelineOptions options, ExecutionDevice device) => options.MaxPixelsPerCall > 0 ? options.MaxPixelsPerCall
        : device.Cuda is { } index ? OnGpu(CudaDriver.MemoryOf(index), options.DeviceMemoryMegabytes)
        : CpuPixels;

    /// <summary>Bytes that checkpoints and their work may take: of a CPU what the process may have, of a GPU what its driver tells, and no more than a limit that was set.</summary>
    /// <param name="options">Of the pipeline.</param>
    /// <param name="device">What it runs on.</param>
    /// <returns>Null for a GPU whose driver does not tell and that has no limit.</returns>
    public static long? Memory(PipelineOptions options, ExecutionDevice device) => device.Cuda is { } index
        ? OfGpu(CudaDriver.MemoryOf(index), options.DeviceMemoryMegabytes)
        : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Pixels that half of a GPU's memory holds; the other half is for weights, encoders and decoders.</summary>
    /// <param name="memory">Bytes of the device; null when it is not known.</param>
    /// <param name="limitMegabytes">Mebibytes that a graph may take; 0 for no limit.</param>
    public static long OnGpu(long? memory, int limitMegabytes)
    {
        var bytes = OfGpu(memory, limitMegabytes) ?? UnknownMemory;
        return Math.Max(1, bytes / 2 / BytesPerPixel);
    }

    private static long? OfGpu(long? memory, int limitMegabytes)
    {
        var limit = limitMegabytes > 0 ? limitMegabytes * 1024L * 1024 : (long?)null;
        return memory is { } known && limit is { } allowed ? Math.Min(known, allowed) : memory ?? limit;
    }
}
