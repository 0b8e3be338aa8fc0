namespace RenderFarm.Tests.Diffusion.Sampling;

public sealed class EulerAncestralSamplerTests : SamplerConformance
{
    protected override string Name => "euler_a";

    protected override string Digest => "622715616d1d9fa355f7bc2ef022c0dc4cee811a13bd9ae22bdd717d919c414b";
}
