using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion.Sampling;

/// <summary>A sampler whose numbers for every turn are worked out once, when it is made.</summary>
internal abstract class TabulatedSampler : Sampler
{
    private readonly int steps;
    private readonly int turnsPerStep;

    /// <summary>Fixes the turns.</summary>
    /// <param name="settings">Names and step count.</param>
    /// <param name="timesteps">Training timestep of each turn.</param>
    /// <param name="levels">Noise level at the start of each turn.</param>
    /// <param name="initialNoiseScale">What unit noise is multiplied with.</param>
    /// <param name="turnsPerStep">diffusers' <c>order</c>: a run may begin at every multiple of it.</param>
    protected TabulatedSampler(
        SamplerSettings settings, float[] timesteps, NoiseLevel[] levels, float initialNoiseScale, int turnsPerStep = 1)
    {
        Name = settings.Sampler;
        TurnTimesteps = timesteps;
        Levels = levels;
        InitialNoiseScale = initialNoiseScale;
        steps = settings.Steps;
        this.turnsPerStep = turnsPerStep;
    }

    /// <inheritdoc/>
    public sealed override string Name { get; }

    /// <inheritdoc/>
    public sealed override IReadOnlyList<float> Timesteps => TurnTimesteps;

    /// <inheritdoc/>
    public sealed override float InitialNoiseScale { get; }

    /// <summary>Training timestep of each turn.</summary>
    public float[] TurnTimesteps { get; }

    /// <summary>Noise level at the start of each turn.</summary>
    public NoiseLevel[] Levels { get; }

    /// <inheritdoc/>
    public sealed override int FirstTurn(double strength)
    {
        if (strength is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(strength), strength, "Strength must be within 0 and 1.");
        var run = (int)(steps * strength);
        return run == 0 ? TurnTimesteps.Length : (steps - run) * turnsPerStep;
    }

    /// <inheritdoc/>
    public sealed override SamplerState Start(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn = 0)
    {
        ArgumentNullException.ThrowIfNull(noise);
        if (latent.IsEmpty) throw new ArgumentException("The latent is empty.", nameof(latent));
        CheckTurn(firstTurn, nameof(firstTurn));
        if (!CanBeginAt(firstTurn))
        {
            throw new ArgumentException(
                $"A run of sampler '{Name}' cannot begin at turn {firstTurn}; it can at {Beginnings}.", nameof(firstTurn));
        }

        return Begin(latent, noise, firstTurn);
    }

    /// <inheritdoc/>
    public sealed override void AddNoise(Span<float> latent, ReadOnlySpan<float> noise, int turn)
    {
        CheckTurn(turn, nameof(turn));
        if (latent.Length != noise.Length)
            throw new ArgumentException($"The noise has {noise.Length} elements, the latent {latent.Length}.", nameof(noise));
        var level = Levels[turn];
        for (var i = 0; i < latent.Length; i++)
        {
            latent[i] = (level.Signal * latent[i]) + (level.Noise * noise[i]);
        }
    }

    /// <summary>Where a run may begin, in words.</summary>
    protected virtual string Beginnings => $"multiples of {turnsPerStep}";

    /// <summary>Whether a run may begin at a turn that exists.</summary>
    protected virtual bool CanBeginAt(int turn) => turn % turnsPerStep == 0;

    /// <summary>The state of one image; arguments are checked.</summary>
    protected abstract SamplerState Begin(ReadOnlySpan<float> latent, INoiseStream noise, int firstTurn);

    private void CheckTurn(int turn, string argument)
    {
        if (turn < 0 || turn >= TurnTimesteps.Length)
            throw new ArgumentException($"Sampler '{Name}' has turns 0 to {TurnTimesteps.Length - 1}; {turn} is none of them.", argument);
    }
}
