namespace RenderFarm.Tests.Diffusion.Sampling.SigmaSpace;

public sealed class Dpm2AncestralSamplerTests : SamplerConformance
{
    protected override string Name => "dpm2_a";

    protected override string Digest => "afa58afd0bae5f1b67d49a56ebd5dab8fdc9e8a14b58f3ee6bfaee0f27049930";

    protected override bool AllowsNoiseSchedules => true;

    protected override int Turns(int steps) => (2 * steps) - 1;
}
