using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Onnx;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Onnx;

public sealed class SessionEntriesTests
{
    [Fact]
    public void Reproducible_session_has_nothing_that_moves_bits() =>
        Assert.Equal(["session.intra_op.allow_spinning=0"], Entries(new PipelineOptions()));

    [Fact]
    public void Spinning_is_asked_for_apart() =>
        Assert.Equal(["session.intra_op.allow_spinning=1"], Entries(new PipelineOptions { Spin = true }));

    [Fact]
    public void Fast_session_has_every_shortcut_of_the_CPU() => Assert.Equal(
        [
            "mlas.enable_gemm_fastmath_arm64_bfloat16=1", "optimization.enable_gelu_approximation=1", "session.intra_op.allow_spinning=0",
            "session.set_denormal_as_zero=1",
        ],
        Entries(new PipelineOptions { Determinism = DeterminismClass.Fast }));

    private static string[] Entries(PipelineOptions options) =>
        [.. SessionEntries.For(options).Select(entry => $"{entry.Key}={entry.Value}").Order(StringComparer.Ordinal)];
}
