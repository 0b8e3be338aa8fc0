using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Sampling;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Sampling;

/// <summary>What every sampler promises the engine; inherited once per sampler.</summary>
public abstract class SamplerConformance
{
    private const int Length = 4 * 8 * 8;

    /// <summary>Name in the catalog.</summary>
    protected abstract string Name { get; }

    /// <summary>SHA-256 of the final latent of <see cref="Bits_of_a_run_never_change"/>.</summary>
    protected abstract string Digest { get; }

    /// <summary>UNet evaluations for N steps.</summary>
    protected virtual int Turns(int steps) => steps;

    /// <summary>Fewest and most steps the sampler can take.</summary>
    protected virtual int FewestSteps => 1;

    /// <inheritdoc cref="FewestSteps"/>
    protected virtual int MostSteps => 500;

    protected virtual bool AllowsNoiseSchedules => false;

    protected virtual bool AllowsLaterStart => true;

    protected virtual bool AllowsSamplePrediction => true;

    protected virtual double Eta => 0;

    /// <summary>How far from the clean latent a run may end; more than rounding where it stops at the lowest training σ.</summary>
    protected virtual double FinalNoise => 1e-4;

    [Theory]
    [InlineData("leading", 1)]
    [InlineData("leading", 2)]
    [InlineData("trailing", 3)]
    [InlineData("linspace", 14)]
    [InlineData("trailing", 61)]
    public void A_run_is_finished_after_its_last_turn_and_finite(string spacing, int steps)
    {
        steps = Math.Clamp(steps, FewestSteps, MostSteps);
        foreach (var schedule in NoiseSchedules())
        {
            var sampler = Create(steps, spacing, schedule);
            Assert.Equal(Turns(steps), sampler.Timesteps.Count);
            Assert.Equal(Name, sampler.Name);
            var state = Start(sampler, 1);
            for (var turn = 0; turn < sampler.Timesteps.Count; turn++)
            {
                Assert.False(state.Finished);
                Assert.Equal(turn, state.Turn);
                Assert.Equal(sampler.Timesteps[turn], state.Timestep);
                Turn(state);
            }

            Assert.True(state.Finished);
            Assert.All(state.Latent.ToArray(), value => Assert.True(float.IsFinite(value)));
        }
    }

    [Fact]
    public void Blending_replaces_what_its_share_says_and_nothing_else()
    {
        var (state, other) = (Start(Create(6, "trailing", "uniform"), 1), new float[Length]);
        Turn(state);
        var before = state.Latent.ToArray();
        Array.Fill(other, 8);
        state.Blend(other, [.. Enumerable.Range(0, Length).Select(i => (i % 3) * 0.5f)]);
        Assert.Equal(before.Select((value, i) => (i % 3) switch { 0 => value, 1 => 4 + (value * 0.5f), _ => 8 }), state.Latent.ToArray());
        Assert.Equal(1, state.Turn);
        Assert.Throws<ArgumentException>(() => state.Blend(other.AsSpan(1), other));
    }

    [Theory]
    [InlineData(PredictionType.Epsilon)]
    [InlineData(PredictionType.Velocity)]
    public void An_image_does_not_notice_its_neighbours(PredictionType prediction)
    {
        var sampler = Create(6, "trailing", "uniform", prediction);
        var alone = Finish(Start(sampler, 1));

        var (state, neighbour) = (Start(sampler, 1), Start(sampler, 2));
        Turn(neighbour);
        while (!state.Finished)
        {
            Turn(state);
            if (!neighbour.Finished) Turn(neighbour);
        }

        Assert.Equal(alone, state.Latent.ToArray());
        Assert.NotEqual(alone, neighbour.Latent.ToArray());
    }

    [Theory]
    [InlineData(PredictionType.Epsilon)]
    [InlineData(PredictionType.Velocity)]
    [InlineData(PredictionType.Sample)]
    public void A_network_that_knows_the_picture_leads_to_it(PredictionType prediction)
    {
        if (prediction == PredictionType.Sample && !AllowsSamplePrediction)
        {
            Assert.Throws<ArgumentException>(() => Create(20, "leading", "uniform", prediction));
            return;
        }

        foreach (var schedule in NoiseSchedules())
        {
            var sampler = (TabulatedSampler)Create(20, "leading", schedule, prediction, alphaToOne: true);
            var picture = new float[Length];
            new TorchCpuNoise(77).Draw(picture);
            var state = Start(sampler, 5);
            var known = new float[Length];
            while (!state.Finished)
            {
                KnowingNetwork(prediction, sampler.Levels[state.Turn], state.Latent, picture, known);
                state.Advance(known);
            }

            Closeness.Check($"final ({schedule})", picture, state.Latent, FinalNoise);
        }
    }

    [Fact]
    public void Images_on_many_threads_share_a_sampler()
    {
        var sampler = Create(10, "trailing", "uniform");
        var latents = new float[8][];
        Parallel.For(0, latents.Length, i => latents[i] = Finish(Start(sampler, (uint)i)));
        for (var i = 0; i < latents.Length; i++) Assert.Equal(Finish(Start(sampler, (uint)i)), latents[i]);
    }

    [Fact]
    public void Bits_of_a_run_never_change()
    {
        // The image of a recipe hangs on these bits: they must survive refactoring, other compilers and other vector widths.
        var latent = Finish(Start(Create(10, "trailing", "uniform"), 42));
        Assert.Equal(Digest, Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(latent))));
    }

    [Fact]
    public void Turns_allocate_nothing()
    {
        var sampler = Create(9, "trailing", "uniform");
        Finish(Start(sampler, 1));
        var state = Start(sampler, 2);
        var (input, prediction) = (new float[Length], new float[Length]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        while (!state.Finished)
        {
            state.WriteInput(input);
            StandInNetwork.Predict(input, state.Timestep, prediction);
            state.Advance(prediction);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_finished_image_refuses_another_turn()
    {
        var state = Start(Create(FewestSteps, "trailing", "uniform"), 1);
        Finish(state);
        Assert.Throws<InvalidOperationException>(() => state.Advance(new float[Length]));
        Assert.Throws<InvalidOperationException>(() => state.WriteInput(new float[Length]));
        Assert.Throws<InvalidOperationException>(() => state.Timestep);
    }

    [Fact]
    public void A_buffer_of_another_length_is_refused()
    {
        var state = Start(Create(FewestSteps, "trailing", "uniform"), 1);
        Assert.Throws<ArgumentException>(() => state.Advance(new float[Length - 1]));
        Assert.Throws<ArgumentException>(() => state.WriteInput(new float[Length + 1]));
    }

    [Fact]
    public void A_run_may_begin_at_every_turn_that_strength_names()
    {
        var sampler = Create(10, "trailing", "uniform");
        Assert.Equal(0, sampler.FirstTurn(1));
        Assert.Equal(sampler.Timesteps.Count, sampler.FirstTurn(0));
        foreach (var strength in (double[])[1, 0.75, 0.5, 0.1])
        {
            var firstTurn = sampler.FirstTurn(strength);
            if (firstTurn > 0 && !AllowsLaterStart)
            {
                Assert.Throws<ArgumentException>(() => sampler.Start(new float[Length], new TorchCpuNoise(1), firstTurn));
                continue;
            }

            var (latent, noise) = (new float[Length], new float[Length]);
            new TorchCpuNoise(9).Draw(noise);
            sampler.AddNoise(latent, noise, firstTurn);
            var state = sampler.Start(latent, new TorchCpuNoise(1), firstTurn);
            Assert.Equal(firstTurn, state.Turn);
            Assert.All(Finish(state), value => Assert.True(float.IsFinite(value)));
        }
    }

    [Fact]
    public void A_turn_that_does_not_exist_is_refused()
    {
        var sampler = Create(10, "trailing", "uniform");
        Assert.Throws<ArgumentException>(() => sampler.Start(new float[Length], new TorchCpuNoise(1), -1));
        Assert.Throws<ArgumentException>(() => sampler.Start(new float[Length], new TorchCpuNoise(1), sampler.Timesteps.Count));
        Assert.Throws<ArgumentException>(() => sampler.AddNoise(new float[Length], new float[Length], sampler.Timesteps.Count));
        Assert.Throws<ArgumentException>(() => sampler.AddNoise(new float[Length], new float[1], 0));
        Assert.Throws<ArgumentException>(() => sampler.Start([], new TorchCpuNoise(1)));
    }

    private Sampler Create(
        int steps, string spacing, string noiseSchedule, PredictionType prediction = PredictionType.Epsilon, bool alphaToOne = false) =>
        SamplerCatalog.Create(
            new TrainingSchedule(new TrainingScheduleOptions { Prediction = prediction, StepsOffset = 1, SetAlphaToOne = alphaToOne }),
            new SamplerSettings { Sampler = Name, Steps = steps, TimestepSpacing = spacing, NoiseSchedule = noiseSchedule, Eta = Eta });

    private static SamplerState Start(Sampler sampler, uint seed)
    {
        var noise = new TorchCpuNoise(seed);
        var latent = new float[Length];
        noise.Draw(latent);
        for (var i = 0; i < Length; i++) latent[i] *= sampler.InitialNoiseScale;
        return sampler.Start(latent, noise);
    }

    private static float[] Finish(SamplerState state)
    {
        while (!state.Finished) Turn(state);
        return state.Latent.ToArray();
    }

    private static void Turn(SamplerState state)
    {
        var (input, prediction) = (new float[Length], new float[Length]);
        state.WriteInput(input);
        StandInNetwork.Predict(input, state.Timestep, prediction);
        state.Advance(prediction);
    }

    /// <summary>What a network would say that knows the clean latent, whatever the noise of the latent it is shown.</summary>
    private static void KnowingNetwork(PredictionType prediction, NoiseLevel level, ReadOnlySpan<float> latent, float[] picture, float[] answer)
    {
        var scale = Math.Sqrt((level.Signal * level.Signal) + (level.Noise * level.Noise));
        for (var i = 0; i < answer.Length; i++)
        {
            var noise = (latent[i] - ((double)level.Signal * picture[i])) / level.Noise;
            answer[i] = (float)(prediction switch
            {
                PredictionType.Epsilon => noise,
                PredictionType.Velocity => ((level.Signal * noise) - (level.Noise * picture[i])) / scale,
                _ => picture[i],
            });
        }
    }

    private string[] NoiseSchedules() => AllowsNoiseSchedules ? ["uniform", "karras", "exponential"] : ["uniform"];
}
