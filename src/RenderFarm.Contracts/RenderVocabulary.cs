namespace RenderFarm.Contracts;

/// <summary>The samplers by their names in recipes, and the names that other tools use for them.</summary>
public static class Samplers
{
    /// <summary>Pseudo linear multistep (PNDM without its Runge–Kutta start): N+1 UNet evaluations.</summary>
    public const string Plms = "plms";

    /// <summary>Denoising diffusion implicit models; stochastic when η &gt; 0.</summary>
    public const string Ddim = "ddim";

    /// <summary>Euler's method in sigma space.</summary>
    public const string Euler = "euler";

    /// <summary>Euler with ancestral noise.</summary>
    public const string EulerAncestral = "euler_a";

    /// <summary>Heun's second-order method: 2N−1 UNet evaluations.</summary>
    public const string Heun = "heun";

    /// <summary>DPM-Solver++ (2M), second-order multistep.</summary>
    public const string DpmPlusPlus2M = "dpmpp_2m";

    /// <summary>Every sampler name a recipe may hold.</summary>
    public static IReadOnlyList<string> All { get; } = [Plms, Ddim, Euler, EulerAncestral, Heun, DpmPlusPlus2M];

    /// <summary>The sampler (and, where the name says one, the noise schedule) that a name from a recipe, A1111 or AI Horde means.</summary>
    /// <param name="name">For example <c>dpmpp_2m</c>, <c>DPM++ 2M Karras</c> or <c>k_euler_a</c>; case does not matter.</param>
    /// <returns>Null when nobody we know uses the name.</returns>
    public static (string Sampler, string? NoiseSchedule)? Resolve(string name)
    {
        var key = name.Trim().ToLowerInvariant();
        string? schedule = null;
        if (key.EndsWith(" karras", StringComparison.Ordinal))
        {
            schedule = NoiseSchedules.Karras;
            key = key[..^" karras".Length];
        }

        if (key.StartsWith("k_", StringComparison.Ordinal)) key = key[2..];
        return key switch
        {
            Plms or "pndm" => (Plms, schedule),
            Ddim => (Ddim, schedule),
            Euler => (Euler, schedule),
            EulerAncestral or "euler a" or "euler ancestral" or "euler_ancestral" => (EulerAncestral, schedule),
            Heun => (Heun, schedule),
            DpmPlusPlus2M or "dpm++ 2m" or "dpm++_2m" => (DpmPlusPlus2M, schedule),
            _ => null,
        };
    }

    /// <summary>How often a sampler evaluates the UNet for a step count.</summary>
    public static int Evaluations(string sampler, int steps) => sampler switch
    {
        Plms => steps == 1 ? 1 : steps + 1,
        Heun => (2 * steps) - 1,
        _ => steps,
    };

    /// <summary>Whether a sampler runs in sigma space, where another noise schedule can be chosen.</summary>
    public static bool AllowsKarras(string sampler) => sampler is Euler or Heun or DpmPlusPlus2M;
}

/// <summary>How the noise levels of the steps are chosen.</summary>
public static class NoiseSchedules
{
    /// <summary>The checkpoint's training schedule at the chosen timesteps.</summary>
    public const string Uniform = "uniform";

    /// <summary>Karras et al. 2022, equation 5, with ρ = 7.</summary>
    public const string Karras = "karras";

    /// <summary>Every noise schedule a recipe may hold.</summary>
    public static IReadOnlyList<string> All { get; } = [Uniform, Karras];
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
