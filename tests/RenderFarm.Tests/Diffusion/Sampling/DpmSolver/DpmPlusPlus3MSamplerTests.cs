namespace RenderFarm.Tests.Diffusion.Sampling.DpmSolver;

public sealed class DpmPlusPlus3MSamplerTests : SamplerConformance
{
    protected override string Name => "dpmpp_3m";

    protected override string Digest => "2a750cc839ff4d6acbf125a1566720e9c4447454486e8f2a4b325702c94e1a2f";

    protected override bool AllowsNoiseSchedules => true;
}
