namespace RenderFarm.Tests.Diffusion.Sampling.DpmSolver;

public sealed class DpmPlusPlus2MSamplerTests : SamplerConformance
{
    protected override string Name => "dpmpp_2m";

    protected override string Digest => "194496b75f02ee8e7593aab8a8c5ed80a861d2a5acc7b8b6176488c23127e310";

    protected override bool AllowsNoiseSchedules => true;
}
