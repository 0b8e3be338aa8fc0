using System.Globalization;

namespace RenderFarm.ModelTests;

/// <summary>Elementwise comparison that says where the largest error is.</summary>
internal static class Close
{
    public static void Assert(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Xunit.Assert.Equal(expected.Length, actual.Length);
        var (worst, at) = (0.0, 0);
        for (var i = 0; i < expected.Length; i++)
        {
            var error = Math.Abs((double)expected[i] - actual[i]);
            if (error <= worst) continue;
            (worst, at) = (error, i);
        }

        Xunit.Assert.True(
            worst <= tolerance,
            string.Create(CultureInfo.InvariantCulture, $"{what}: error {worst:E2} at {at} (expected {expected[at]}, got {actual[at]}), allowed {tolerance:E2}"));
    }
}
