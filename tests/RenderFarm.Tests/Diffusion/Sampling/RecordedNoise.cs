using RenderFarm.Diffusion.Noise;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Sampling;

/// <summary>Replays given draws; a draw beyond them or of another length fails.</summary>
internal sealed class RecordedNoise(IReadOnlyList<float[]> draws) : INoiseStream
{
    public int Drawn { get; private set; }

    public void Draw(Span<float> destination)
    {
        Assert.True(Drawn < draws.Count, $"draw {Drawn + 1} of {draws.Count}");
        var draw = draws[Drawn++];
        Assert.Equal(draw.Length, destination.Length);
        draw.CopyTo(destination);
    }
}
