namespace RenderFarm.Tests.Diffusion.Sampling.DpmSolver;

public sealed class DpmPlusPlus2SSamplerTests : SamplerConformance
{
    protected override string Name => "dpmpp_2s";

    protected override string Digest => "2b2d649438f2773520fee5977ba061498d7b3fab7477e0c820391172bb905d41";

    protected override bool AllowsNoiseSchedules => true;
}
