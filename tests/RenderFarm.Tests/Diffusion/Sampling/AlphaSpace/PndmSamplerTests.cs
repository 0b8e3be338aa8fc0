namespace RenderFarm.Tests.Diffusion.Sampling.AlphaSpace;

public sealed class PndmSamplerTests : SamplerConformance
{
    protected override string Name => "pndm";

    protected override string Digest => "d78b63329982b4373ab10953d2c97c83611d531df64967a8855ad64e96a0894e";

    protected override int FewestSteps => 4;

    protected override bool AllowsLaterStart => false;

    protected override int Turns(int steps) => steps + 9;

    protected override bool AllowsSamplePrediction => false;

    // The reference extrapolates v itself, which changes along the way even when the picture is known.
    protected override double FinalNoise => 0.02;
}
