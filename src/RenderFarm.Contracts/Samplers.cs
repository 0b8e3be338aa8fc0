namespace RenderFarm.Contracts;

/// <summary>
/// The samplers by their names in recipes, with the names that other tools use for them. What they compute stands in the engine; this table is what
/// the interface and the coordinator need to know of them.
/// </summary>
public static class Samplers
{
    /// <summary>Pseudo linear multistep (PNDM without its Runge–Kutta start).</summary>
    public const string Plms = "plms";

    /// <summary>Denoising diffusion implicit models; stochastic when η &gt; 0.</summary>
    public const string Ddim = "ddim";

    /// <summary>Euler's method in sigma space.</summary>
    public const string Euler = "euler";

    /// <summary>Euler with ancestral noise.</summary>
    public const string EulerAncestral = "euler_a";

    /// <summary>Heun's second-order method.</summary>
    public const string Heun = "heun";

    /// <summary>DPM-Solver++ (2M), second-order multistep.</summary>
    public const string DpmPlusPlus2M = "dpmpp_2m";

    private const string KarrasSuffix = " karras";
    private const string ExponentialSuffix = " exponential";

    private static readonly Entry[] Entries =
    [
        new(Plms, "PLMS", steps => steps == 1 ? 1 : steps + 1),
        new(Ddim, "DDIM"),
        new("ddpm", "DDPM"),
        new("lcm", "LCM", MaxSteps: 50),
        new("pndm", "PNDM", PndmEvaluations, MinSteps: 4, CanBeginLate: false),
        new(Euler, "Euler", AllowsNoiseSchedules: true),
        new(EulerAncestral, "Euler a", AllowsNoiseSchedules: true),
        new(Heun, "Heun", TwiceButTheLast, AllowsNoiseSchedules: true),
        new("dpm2", "DPM2", TwiceButTheLast, AllowsNoiseSchedules: true),
        new("dpm2_a", "DPM2 a", TwiceButTheLast, AllowsNoiseSchedules: true),
        new("dpmpp_2s_a", "DPM++ 2S a", TwiceButTheLast, AllowsNoiseSchedules: true),
        new("dpmpp_sde", "DPM++ SDE", TwiceButTheLast, AllowsNoiseSchedules: true),
        new("lms", "LMS", AllowsNoiseSchedules: true),
        new(DpmPlusPlus2M, "DPM++ 2M", AllowsNoiseSchedules: true),
        new("dpmpp_2m_sde", "DPM++ 2M SDE", AllowsNoiseSchedules: true),
        new("dpmpp_3m", "DPM++ 3M", AllowsNoiseSchedules: true),
        new("dpmsolver_2", "DPM-Solver 2", AllowsNoiseSchedules: true),
        new("dpmpp_2s", "DPM++ 2S", AllowsNoiseSchedules: true),
        new("unipc", "UniPC", AllowsNoiseSchedules: true),
        new("deis", "DEIS", AllowsNoiseSchedules: true),
    ];

    // What other tools have and we have not. DPM fast takes its steps by order 3 and 2; DPM adaptive takes as many as it likes; what dpmsolver means differs from one
    // release of AI Horde to another, and none lays its timesteps as a sampler of ours does.
    private static readonly (string Name, string[] Near)[] Absent =
    [
        ("dpm_fast", ["dpmsolver_2", DpmPlusPlus2M]),
        ("dpm_adaptive", ["dpmpp_3m", DpmPlusPlus2M]),
        ("dpmsolver", [DpmPlusPlus2M, "dpmsolver_2"]),
        ("dpm++_3m_sde", ["dpmpp_2m_sde", "dpmpp_3m"]),
        ("dpmpp_3m_sde", ["dpmpp_2m_sde", "dpmpp_3m"]),
    ];

    /// <summary>Every sampler name a recipe may hold.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Entries.Select(entry => entry.Name)];

    /// <summary>The sampler (and, where the name says one, the noise schedule) that a name from a recipe, A1111 or AI Horde means.</summary>
    /// <param name="name">For example <c>dpmpp_2m</c>, <c>DPM++ 2M Karras</c> or <c>k_euler_a</c>; case does not matter.</param>
    /// <returns>Null when nobody we know uses the name.</returns>
    public static (string Sampler, string? NoiseSchedule)? Resolve(string name)
    {
        var (key, schedule) = Split(name);
        key = key switch
        {
            "euler ancestral" or "euler_ancestral" => EulerAncestral,
            "dpm_2" => "dpm2",
            "dpm_2_a" or "dpm_2_ancestral" => "dpm2_a",
            "dpm++_2m" => DpmPlusPlus2M,
            "dpmpp_2s_ancestral" => "dpmpp_2s_a",
            _ => key,
        };
        var entry = Array.Find(Entries, known => known.Name == key || known.Label.Equals(key, StringComparison.OrdinalIgnoreCase));
        return entry is null ? null : (entry.Name, schedule);
    }

    /// <summary>What is near a name that <see cref="Resolve"/> does not know, the nearest first; empty where nothing is.</summary>
    /// <param name="name">For example <c>k_dpm_fast</c> or <c>DPM adaptive</c>; case does not matter.</param>
    public static IReadOnlyList<string> NearTo(string name)
    {
        var key = Split(name).Key.Replace(' ', '_');
        return Array.Find(Absent, known => known.Name == key).Near ?? [];
    }

    // A1111 puts the noise schedule behind the name, k-diffusion's wrappers a letter before it.
    private static (string Key, string? Schedule) Split(string name)
    {
        var key = name.Trim().ToLowerInvariant();
        var schedule = key.EndsWith(KarrasSuffix, StringComparison.Ordinal) ? NoiseSchedules.Karras
            : key.EndsWith(ExponentialSuffix, StringComparison.Ordinal) ? NoiseSchedules.Exponential
            : null;
        if (schedule is not null) key = key[..key.LastIndexOf(' ')];
        return (key.StartsWith("k_", StringComparison.Ordinal) ? key[2..] : key, schedule);
    }

    /// <summary>The name that A1111 shows, or one in its manner where it has none.</summary>
    /// <exception cref="ArgumentException">No such sampler.</exception>
    public static string Label(string sampler) => Find(sampler).Label;

    /// <summary>How often a sampler evaluates the UNet for a step count.</summary>
    /// <exception cref="ArgumentException">No such sampler.</exception>
    public static int Evaluations(string sampler, int steps) => Find(sampler).Evaluations?.Invoke(steps) ?? steps;

    /// <summary>Fewest and most steps a sampler can take: a start of several steps needs them, and LCM was distilled over 50.</summary>
    /// <exception cref="ArgumentException">No such sampler.</exception>
    public static (int Min, int Max) StepRange(string sampler) => (Find(sampler).MinSteps, Find(sampler).MaxSteps);

    /// <summary>Whether a sampler runs in sigma space, where another noise schedule than <see cref="NoiseSchedules.Uniform"/> can be chosen.</summary>
    /// <exception cref="ArgumentException">No such sampler.</exception>
    public static bool AllowsNoiseSchedules(string sampler) => Find(sampler).AllowsNoiseSchedules;

    /// <summary>Whether a sampler can run the last of its steps alone, as a picture to begin from and a second pass ask. PNDM needs its first ones.</summary>
    /// <exception cref="ArgumentException">No such sampler.</exception>
    public static bool CanBeginLate(string sampler) => Find(sampler).CanBeginLate;

    private static int TwiceButTheLast(int steps) => (2 * steps) - 1;

    // Three Runge–Kutta steps of four evaluations replace the first three of the N.
    private static int PndmEvaluations(int steps) => steps + 9;

    private static Entry Find(string sampler) =>
        Array.Find(Entries, entry => entry.Name == sampler)
        ?? throw new ArgumentException($"'{sampler}' is no sampler; known are {string.Join(", ", All)}.", nameof(sampler));

    private sealed record Entry(string Name, string Label, Func<int, int>? Evaluations = null, bool AllowsNoiseSchedules = false, int MinSteps = RenderLimits.MinSteps, int MaxSteps = RenderLimits.MaxSteps,
        bool CanBeginLate = true);
}
