namespace RenderFarm.Diffusion.Denoising.UNetCalls;

/// <summary>
/// Rows spread over several calls of a graph that takes a fixed number of them. Places nobody needs stay zero, or hold what a row before left there, which
/// changes no other row.
/// </summary>
/// <param name="parts">The calls; owned from now on.</param>
/// <param name="count">Rows of each.</param>
internal sealed class SplitCall(IReadOnlyList<UNetCall> parts, int count) : IDenoiserCall
{
    public IReadOnlyList<UNetCall> Parts => parts;

    /// <inheritdoc />
    public bool IsOneRun => false;

    /// <inheritdoc />
    public Span<float> Sample(int row) => parts[row / count].Sample(row % count);

    /// <inheritdoc />
    public void SetTimestep(int row, float timestep) => parts[row / count].SetTimestep(row % count, timestep);

    /// <inheritdoc />
    public void SetConditioning(int row, Conditioning conditioning) => parts[row / count].SetConditioning(row % count, conditioning);

    /// <inheritdoc />
    public ReadOnlySpan<float> Prediction(int row) => parts[row / count].Prediction(row % count);

    public void Dispose()
    {
        foreach (var part in parts) part.Dispose();
    }
}
