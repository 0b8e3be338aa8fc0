namespace RenderFarm.Tests.Diffusion.Sampling;

public sealed class EulerAncestralSamplerTests : SamplerConformance
{
    protected override string Name => "euler_a";

    protected override string Digest => "3d971281f90dbeb67b1a0a5166c5f8dd34bfbe07f7bce38c1911d35ed40c7b66";
}
