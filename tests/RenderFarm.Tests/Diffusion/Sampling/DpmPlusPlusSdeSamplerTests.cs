namespace RenderFarm.Tests.Diffusion.Sampling;

public sealed class DpmPlusPlusSdeSamplerTests : SamplerConformance
{
    protected override string Name => "dpmpp_sde";

    protected override string Digest => "93930891102cd0342806b646ffd1d96517572f189de669b238a291289708057d";

    protected override bool AllowsNoiseSchedules => true;

    protected override int Turns(int steps) => (2 * steps) - 1;
}
