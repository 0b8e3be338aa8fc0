using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Text;

namespace RenderFarm.Tests.Diffusion.Engine;

/// <summary>An image to denoise with a <see cref="FakeDenoiser"/>, in the engine or alone in a plain loop.</summary>
internal sealed record AnImage(int Name, string Sampler = "dpmpp_2m", int Steps = 5, bool Guided = true, int Side = 2)
{
    private static readonly TrainingSchedule Schedule = new(new TrainingScheduleOptions());

    /// <summary>Moves the prediction of the conditional row; NaN poisons the image.</summary>
    public float Prompt { get; init; } = 0.01f * (Name + 1);

    /// <summary>When it is guided, if it is at all.</summary>
    public GuidanceSettings Guidance { get; init; } = new(4);

    /// <summary>Sequence length of its prompt.</summary>
    public int Tokens { get; init; } = 1;

    /// <summary>Width of its pooled embedding; 0 for none.</summary>
    public int PooledWidth { get; init; }

    /// <summary>Who is told of its progress.</summary>
    public IProgress<GenerationProgress>? Watcher { get; init; }

    /// <summary>Cancels it.</summary>
    public CancellationToken Leaving { get; init; }

    public LatentShape Shape => new(4, Side, Side);

    /// <summary>Most rows of a call that it takes; a poisoned one gets no further than its first call.</summary>
    public int Rows
    {
        get
        {
            var turns = Make().Timesteps.Count;
            return Guided && (float.IsNaN(Prompt) ? Guidance.IsOnAt(0, turns) : Guidance.IsOn(turns)) ? 2 : 1;
        }
    }

    /// <summary>The image as the engine takes it.</summary>
    public Slot ToSlot()
    {
        var sampler = Make();
        return new Slot(Start(sampler), Shape, Positive, Guided ? Negative : null, Guidance, sampler.Timesteps.Count, Watcher, Leaving);
    }

    /// <summary>Its final latent, made without the engine.</summary>
    public float[] Alone()
    {
        var sampler = Make();
        var state = Start(sampler);
        var (input, up, down, guided) = (new float[Shape.Length], new float[Shape.Length], new float[Shape.Length], new float[Shape.Length]);
        while (!state.Finished)
        {
            state.WriteInput(input);
            FakeDenoiser.Predict(input, state.Timestep, Positive, up);
            FakeDenoiser.Predict(input, state.Timestep, Negative, down);
            var isGuided = Guided && Guidance.IsOnAt(state.Turn, sampler.Timesteps.Count);
            if (isGuided) ClassifierFreeGuidance.Combine(down, up, (float)Guidance.Scale, guided);
            state.Advance(isGuided ? guided : up);
        }

        return state.Latent.ToArray();
    }

    private Conditioning Positive => Told(Prompt);

    private Conditioning Negative => Told(-0.05f);

    private Conditioning Told(float value)
    {
        var values = new float[2 * Tokens];
        (values[0], values[1]) = (Name, value);
        return new Conditioning(new PromptEmbedding(values, Tokens, 2)) { Pooled = [.. Enumerable.Repeat(0.01f, PooledWidth)] };
    }

    private Sampler Make() => SamplerCatalog.Create(Schedule, new SamplerSettings { Sampler = Sampler, Steps = Steps });

    private SamplerState Start(Sampler sampler)
    {
        var noise = NoiseStreams.Create("torch_cpu", (uint)Name);
        var latent = new float[Shape.Length];
        noise.Draw(latent);
        for (var i = 0; i < latent.Length; i++) latent[i] *= sampler.InitialNoiseScale;
        return sampler.Start(latent, noise);
    }
}
