using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Engine;

public sealed class CallBuffersTests
{
    private readonly FakeDenoiser _denoiser = new();

    [Fact]
    public void Buffers_of_a_row_count_and_shape_are_used_again()
    {
        var buffers = new CallBuffers(_denoiser);
        var first = buffers.Get(2, Shape(8));
        Assert.NotSame(first, buffers.Get(4, Shape(8)));
        Assert.NotSame(first, buffers.Get(2, Shape(9)));
        Assert.NotSame(first, buffers.Get(2, Shape(8) with { Tokens = 154 }));
        Assert.Same(first, buffers.Get(2, Shape(8)));
        Assert.Equal(4, _denoiser.Open);
    }

    [Fact]
    public void Buffers_unused_for_longest_are_freed_when_there_are_too_many()
    {
        var buffers = new CallBuffers(_denoiser);
        var first = buffers.Get(1, Shape(1));
        for (var width = 2; width <= CallBuffers.Capacity; width++) buffers.Get(1, Shape(width));
        Assert.Same(first, buffers.Get(1, Shape(1)));
        buffers.Get(1, Shape(1_000));
        Assert.Equal(CallBuffers.Capacity, _denoiser.Open);
        Assert.Same(first, buffers.Get(1, Shape(1)));
    }

    [Fact]
    public void Everything_can_be_freed_at_once()
    {
        var buffers = new CallBuffers(_denoiser);
        for (var width = 1; width < 5; width++) buffers.Get(1, Shape(width));
        buffers.Free();
        Assert.Equal(0, _denoiser.Open);
    }

    private static CallShape Shape(int width) => new(new LatentShape(4, 8, width), 77, 96);
}
