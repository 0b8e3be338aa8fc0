namespace RenderFarm.Tests.Diffusion.Sampling.AlphaSpace;

public sealed class PlmsSamplerTests : SamplerConformance
{
    protected override string Name => "plms";

    protected override string Digest => "c93531c3e9a5207c9e80708430f955fdb48ad4b003dcc7a8c1bdab2d607ad63f";

    protected override int Turns(int steps) => steps == 1 ? 1 : steps + 1;

    protected override bool AllowsSamplePrediction => false;

    // The reference extrapolates v itself, which changes along the way even when the picture is known.
    protected override double FinalNoise => 0.02;
}
