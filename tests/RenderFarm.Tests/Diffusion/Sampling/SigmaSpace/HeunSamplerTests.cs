namespace RenderFarm.Tests.Diffusion.Sampling.SigmaSpace;

public sealed class HeunSamplerTests : SamplerConformance
{
    protected override string Name => "heun";

    protected override string Digest => "4d244fd204fa0bd8b439cf1eaa2f9289be7fc957ed7a01d44828260ef3429fd5";

    protected override bool AllowsNoiseSchedules => true;

    protected override int Turns(int steps) => (2 * steps) - 1;
}
