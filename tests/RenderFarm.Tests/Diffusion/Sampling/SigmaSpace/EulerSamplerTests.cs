namespace RenderFarm.Tests.Diffusion.Sampling.SigmaSpace;

public sealed class EulerSamplerTests : SamplerConformance
{
    protected override string Name => "euler";

    protected override string Digest => "8467903518fde973efff629206a72eeba82de6b60c153b2e159da22d96fb9ccb";

    protected override bool AllowsNoiseSchedules => true;
}
