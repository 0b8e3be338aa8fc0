namespace RenderFarm.Tests.Diffusion.Sampling.DpmSolver;

public sealed class DpmSolver2SamplerTests : SamplerConformance
{
    protected override string Name => "dpmsolver_2";

    protected override string Digest => "7a00960031644c92c7a7b462a2adebe533b52c90ae37b565359863581e101ce6";

    protected override bool AllowsNoiseSchedules => true;

    // It stops at σ = 0.029: four standard deviations of that noise.
    protected override double FinalNoise => 0.12;
}
