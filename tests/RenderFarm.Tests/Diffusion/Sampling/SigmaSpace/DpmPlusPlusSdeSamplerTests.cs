namespace RenderFarm.Tests.Diffusion.Sampling.SigmaSpace;

public sealed class DpmPlusPlusSdeSamplerTests : SamplerConformance
{
    protected override string Name => "dpmpp_sde";

    protected override string Digest => "ceed77e4d685b46c957f43362a36f33f0770d3435cbffeb279d167a2afd593df";

    protected override bool AllowsNoiseSchedules => true;

    protected override int Turns(int steps) => (2 * steps) - 1;
}
