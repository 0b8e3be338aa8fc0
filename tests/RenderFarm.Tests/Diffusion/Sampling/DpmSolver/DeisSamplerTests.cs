namespace RenderFarm.Tests.Diffusion.Sampling.DpmSolver;

public sealed class DeisSamplerTests : SamplerConformance
{
    protected override string Name => "deis";

    protected override string Digest => "9e04ba10f266eae869d7e80e2f3e15f013b9781e1fe462eaa76c2b23d1c9196b";

    protected override bool AllowsNoiseSchedules => true;

    // It stops at σ = 0.029: four standard deviations of that noise.
    protected override double FinalNoise => 0.12;
}
