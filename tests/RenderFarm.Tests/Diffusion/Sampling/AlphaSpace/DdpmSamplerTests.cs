namespace RenderFarm.Tests.Diffusion.Sampling.AlphaSpace;

public sealed class DdpmSamplerTests : SamplerConformance
{
    protected override string Name => "ddpm";

    protected override string Digest => "d8e1788f684363be6d402ee23fe47811a0740aba5373a4235b9ad18b7d2bc00a";
}
