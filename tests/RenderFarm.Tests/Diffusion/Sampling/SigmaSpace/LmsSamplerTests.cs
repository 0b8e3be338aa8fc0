namespace RenderFarm.Tests.Diffusion.Sampling.SigmaSpace;

public sealed class LmsSamplerTests : SamplerConformance
{
    protected override string Name => "lms";

    protected override string Digest => "418477ae59634b4b7f4be545ef71e5c7c9023b6c651b449139b3145b53a6cc2c";

    protected override bool AllowsNoiseSchedules => true;
}
