namespace RenderFarm.Tests.Diffusion.Sampling.SigmaSpace;

public sealed class Dpm2SamplerTests : SamplerConformance
{
    protected override string Name => "dpm2";

    protected override string Digest => "9a0c028aaaa140d4b4db5595799b8cad321de2cb3a409cba563598d8edeefe36";

    protected override bool AllowsNoiseSchedules => true;

    protected override int Turns(int steps) => (2 * steps) - 1;
}
