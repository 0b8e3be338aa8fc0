namespace RenderFarm.Tests.Diffusion.Sampling;

/// <summary>The network of the reference runs: ε(x, t) = 0.3·x + 0.1·sin(5·x + t/100), elementwise in float32.</summary>
internal static class StandInNetwork
{
    public static void Predict(ReadOnlySpan<float> input, float timestep, Span<float> prediction)
    {
        for (var i = 0; i < input.Length; i++)
        {
            var angle = (5 * input[i]) + (timestep / 100);
            prediction[i] = (0.3f * input[i]) + (0.1f * (float)Math.Sin(angle));
        }
    }
}
