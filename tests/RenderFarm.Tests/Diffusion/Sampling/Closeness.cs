using Xunit;

namespace RenderFarm.Tests.Diffusion.Sampling;

/// <summary>Compares elementwise and says where the largest error is.</summary>
internal static class Closeness
{
    public static float Largest(float[] values) => values.Max(Math.Abs);

    public static void Check(string what, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var worst = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(float.IsFinite(actual[i]), $"{what}[{i}] is {actual[i]}");
            if (Math.Abs(expected[i] - actual[i]) > Math.Abs(expected[worst] - actual[worst])) worst = i;
        }

        var error = Math.Abs(expected[worst] - actual[worst]);
        Assert.True(
            error <= tolerance, $"{what}[{worst}] is {actual[worst]}, the reference has {expected[worst]}: off by {error}, allowed {tolerance}");
    }
}
