namespace RenderFarm.Contracts;

/// <summary>How the noise levels of the steps are chosen.</summary>
public static class NoiseSchedules
{
    /// <summary>The checkpoint's training schedule at the chosen timesteps.</summary>
    public const string Uniform = "uniform";

    /// <summary>Karras et al. 2022, equation 5, with ρ = 7.</summary>
    public const string Karras = "karras";

    /// <summary>Sigmas evenly spaced in their logarithm.</summary>
    public const string Exponential = "exponential";

    /// <summary>Every noise schedule a recipe may hold.</summary>
    public static IReadOnlyList<string> All { get; } = [Uniform, Karras, Exponential];
}

/// <summary>How N timesteps are spread over the training schedule (diffusers' names).</summary>
public static class TimestepSpacings
{
    /// <summary>Multiples of T/N, counted from 0, plus the checkpoint's offset.</summary>
    public const string Leading = "leading";

    /// <summary>Multiples of T/N, counted from T down.</summary>
    public const string Trailing = "trailing";

    /// <summary>Evenly from 0 to T−1, both included.</summary>
    public const string Linspace = "linspace";

    /// <summary>Every timestep spacing a recipe may hold.</summary>
    public static IReadOnlyList<string> All { get; } = [Leading, Trailing, Linspace];
}

/// <summary>Noise generators, named for the library whose bits they reproduce.</summary>
public static class NoiseSources
{
    /// <summary><c>torch.randn</c> on the CPU.</summary>
    public const string TorchCpu = "torch_cpu";

    /// <summary><c>torch.randn</c> on CUDA, which A1111 calls NV.</summary>
    public const string TorchCuda = "torch_cuda";

    /// <summary>Every noise source a recipe may hold.</summary>
    public static IReadOnlyList<string> All { get; } = [TorchCpu, TorchCuda];
}

/// <summary>How prompts are read.</summary>
public static class PromptSyntaxes
{
    /// <summary>As A1111 reads them: brackets are weights, prompts may be long, BREAK begins a new chunk of 75 tokens.</summary>
    public const string A1111 = "a1111";

    /// <summary>Brackets are letters, and what does not fit into 77 tokens is cut off.</summary>
    public const string Plain = "plain";

    /// <summary>Every prompt syntax a recipe may hold.</summary>
    public static IReadOnlyList<string> All { get; } = [A1111, Plain];
}

/// <summary>What a job asks of the devices that render it.</summary>
public static class DeterminismClasses
{
    /// <summary>All images of a job come from one execution profile.</summary>
    public const string Reproducible = "reproducible";

    /// <summary>Any device, any batching.</summary>
    public const string Fast = "fast";

    /// <summary>Every determinism class a recipe may hold.</summary>
    public static IReadOnlyList<string> All { get; } = [Reproducible, Fast];
}

/// <summary>File formats of finished images. The format is how an image is delivered, not part of its recipe.</summary>
public static class ImageFormats
{
    /// <summary>Portable Network Graphics.</summary>
    public const string Png = "png";

    /// <summary>JPEG, quality 95 unless asked otherwise.</summary>
    public const string Jpeg = "jpeg";

    /// <summary>WebP, quality 90 unless asked otherwise.</summary>
    public const string WebP = "webp";

    /// <summary>Every format a job may ask for.</summary>
    public static IReadOnlyList<string> All { get; } = [Png, Jpeg, WebP];

    /// <summary>The media type of a format.</summary>
    public static string ContentType(string format) => "image/" + format;

    /// <summary>The file name extension of a format, without a dot.</summary>
    public static string Extension(string format) => format == Jpeg ? "jpg" : format;
}

/// <summary>Priority classes of jobs. They share the farm 16 : 4 : 1, so none starves.</summary>
public static class Priorities
{
    /// <summary>Share 16.</summary>
    public const string High = "high";

    /// <summary>Share 4.</summary>
    public const string Normal = "normal";

    /// <summary>Share 1.</summary>
    public const string Low = "low";

    /// <summary>Every priority a job may ask for.</summary>
    public static IReadOnlyList<string> All { get; } = [High, Normal, Low];
}
