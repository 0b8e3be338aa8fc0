using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Engine;

public sealed class RowProbeTests
{
    private static readonly CallShape Shape = new(new LatentShape(4, 2, 2), Tokens: 1, TextWidth: 2);

    [Fact]
    public void Any_count_is_used_where_rows_keep_their_bits() => Assert.Equal("any", Measure(_ => 0));

    [Fact]
    public void Only_counts_that_agree_with_a_call_of_two_rows_are_used_elsewhere()
    {
        Assert.Equal("1, 2, 3, 4", Measure(rows => rows > 4 ? 1e-3f : 0));
        Assert.Equal("2, 8, 16", Measure(rows => rows is 2 or 8 or 16 ? 0 : 1e-3f));
        Assert.Equal("2", Measure(rows => rows));
        Assert.Equal("2, 4", Measure(rows => rows % 2 == 1 ? 1e-3f : 0, maxRows: 4));
    }

    [Fact]
    public void Count_that_does_not_fit_into_memory_is_not_used() => Assert.Equal("1, 2, 3, 4, 8", Measure(rows => rows > 8 ? float.NaN : 0));

    [Fact]
    public void Network_that_does_not_run_at_all_leaves_calls_of_two_rows() => Assert.Equal("2", Measure(_ => float.NaN));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Small_limits_are_probed_up_to_themselves(int maxRows) => Assert.Equal("any", Measure(rows => rows > Math.Max(2, maxRows) ? 1 : 0, maxRows));

    [Fact]
    public void Options_that_fix_the_rows_or_ask_for_speed_need_no_probe()
    {
        var broken = new CountSensitiveDenoiser(rows => rows);
        Assert.Equal("2", RowProbe.Choose(broken, Shape, new PipelineOptions()).ToString());
        Assert.Equal("8", RowProbe.Choose(broken, Shape, new PipelineOptions { FixedRows = 8 }).ToString());
        Assert.Equal("any", RowProbe.Choose(broken, Shape, new PipelineOptions { Determinism = DeterminismClass.Fast }).ToString());
    }

    [Fact]
    public async Task Image_keeps_its_bits_in_company_when_calls_are_filled_up_and_loses_them_when_they_are_not()
    {
        var counts = RowProbe.Measure(new CountSensitiveDenoiser(Error), Shape, maxRows: 16);
        Assert.Equal("2, 8", counts.ToString());
        Assert.Equal(new AnImage(1).Alone(), await InCompanyAsync(counts));
        Assert.NotEqual(new AnImage(1).Alone(), await InCompanyAsync(RowCounts.Any));
    }

    private static string Measure(Func<int, float> error, int maxRows = 16) =>
        RowProbe.Measure(new CountSensitiveDenoiser(error), Shape, maxRows).ToString();

    private static float Error(int rows) => rows is 2 or 8 ? 0 : 1e-3f * rows;

    /// <summary>Image 1 with two others of its shape, all of which arrive before the first call ends.</summary>
    private static async Task<float[]> InCompanyAsync(RowCounts counts)
    {
        using var arrived = new ManualResetEventSlim();
        var denoiser = new CountSensitiveDenoiser(rows =>
        {
            arrived.Wait();
            return Error(rows);
        });
        using var engine = new DenoisingEngine(denoiser, new TurnLimits(8, 16, 1, TimestepPerRow: true) { Counts = counts }, 1_024, TimeProvider.System);
        var ends = new[] { 0, 2, 1 }.Select(name => engine.RunAsync(new AnImage(name).ToSlot())).ToArray();
        arrived.Set();
        await Task.WhenAll(ends);
        return await ends[^1];
    }
}
