namespace RenderFarm.Tests.Diffusion.Sampling.DpmSolver;

public sealed class DpmPlusPlus2MSdeSamplerTests : SamplerConformance
{
    protected override string Name => "dpmpp_2m_sde";

    protected override string Digest => "23e992d349d1bdff7dc6eb42d9168651f42437cf3889e325981f50ad994fed6a";

    protected override bool AllowsNoiseSchedules => true;
}
