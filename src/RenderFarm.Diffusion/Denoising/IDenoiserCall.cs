namespace RenderFarm.Diffusion.Denoising;

/// <summary>Buffers of calls with one row count and shape. Not safe for concurrent use.</summary>
internal interface IDenoiserCall : IDisposable
{
    /// <summary>Whether one evaluation is one run of a graph over the same memory, which a device may capture and replay.</summary>
    bool IsOneRun => true;

    /// <summary>The latent of a row, scaled as the sampler wants it seen, without the channels that <see cref="SetConditioning"/> puts behind it.</summary>
    Span<float> Sample(int row);

    /// <summary>Sets the timestep of a row; where the graph takes one for the whole call, all rows have the same.</summary>
    void SetTimestep(int row, float timestep);

    /// <summary>Puts everything that stays the same over the turns into a row: prompt embedding and extra inputs.</summary>
    /// <exception cref="ArgumentException">It does not fill what the graph takes.</exception>
    void SetConditioning(int row, Conditioning conditioning);

    /// <summary>What the network predicted for a row.</summary>
    ReadOnlySpan<float> Prediction(int row);
}
