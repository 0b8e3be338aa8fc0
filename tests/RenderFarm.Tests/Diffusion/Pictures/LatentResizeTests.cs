using CsCheck;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Pictures;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Pictures;

public sealed class LatentResizeTests
{
    [Fact]
    public void Doubling_two_cells_gives_what_torch_documents() =>
        // torch.nn.functional.interpolate(torch.tensor([[[[1., 2.], [3., 4.]]]]), scale_factor=2, mode='bilinear'), from the documentation of nn.Upsample.
        Assert.Equal(
            [1, 1.25f, 1.75f, 2, 1.5f, 1.75f, 2.25f, 2.5f, 2.5f, 2.75f, 3.25f, 3.5f, 3, 3.25f, 3.75f, 4],
            LatentResize.Bilinear([1, 2, 3, 4], new LatentShape(1, 2, 2), new LatentShape(1, 4, 4)));

    [Fact]
    public void Same_size_is_the_same_latent() => Gen.Single[-9, 9].Array[24].Sample(latent =>
        LatentResize.Bilinear(latent, new LatentShape(2, 3, 4), new LatentShape(2, 3, 4)).AsSpan().SequenceEqual(latent));

    [Fact]
    public void Channels_do_not_mix_and_plain_ones_stay_plain() => Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 20], Gen.Int[1, 20]).Sample((h, w, toH, toW) =>
    {
        var latent = new float[2 * h * w];
        latent.AsSpan(h * w).Fill(0.5f);
        var result = LatentResize.Bilinear(latent, new LatentShape(2, h, w), new LatentShape(2, toH, toW));
        return result.Take(toH * toW).All(value => value == 0) && result.Skip(toH * toW).All(value => value == 0.5f);
    });

    [Fact]
    public void Slope_stays_a_slope() => Gen.Select(Gen.Int[2, 12], Gen.Int[1, 40]).Sample((from, to) =>
    {
        var result = LatentResize.Bilinear([.. Enumerable.Range(0, from).Select(i => (float)i)], new LatentShape(1, 1, from), new LatentShape(1, 1, to));
        return result.Select((value, i) => Math.Abs(value - Math.Clamp(((i + 0.5) * from / to) - 0.5, 0, from - 1))).Max() < 1e-5;
    });
}
