namespace RenderFarm.Tests.Diffusion.Sampling.AlphaSpace;

public sealed class DdimSamplerTests : SamplerConformance
{
    protected override string Name => "ddim";

    protected override string Digest => "22cdd2bcedd7e4637e65c1689a8b00f1b9e44c914178ba9cd563b4085bdf57de";

    protected override double Eta => 0.5;
}
