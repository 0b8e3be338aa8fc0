namespace RenderFarm.Tests.Diffusion.Sampling.DpmSolver;

public sealed class UniPcSamplerTests : SamplerConformance
{
    protected override string Name => "unipc";

    protected override string Digest => "f88ba02302b56738bf1474d56d632d651ded83f4d47649c7344dea15789f8b5b";

    protected override bool AllowsNoiseSchedules => true;
}
