namespace RenderFarm.Tests.Diffusion.Sampling.AlphaSpace;

public sealed class LcmSamplerTests : SamplerConformance
{
    protected override string Name => "lcm";

    protected override string Digest => "af3670c6d35426042253c521ad60b4694dc4f38ff4c75db5f6eeff759013f8ed";

    protected override int MostSteps => 50;
}
