namespace RenderFarm.Tests.Diffusion.Sampling;

public sealed class Dpm2AncestralSamplerTests : SamplerConformance
{
    protected override string Name => "dpm2_a";

    protected override string Digest => "3d3c5ea64a7d7cb22aa20aa0ab0c2114621562510f70713b9fd0097d89d8f32f";

    protected override bool AllowsNoiseSchedules => true;

    protected override int Turns(int steps) => (2 * steps) - 1;
}
