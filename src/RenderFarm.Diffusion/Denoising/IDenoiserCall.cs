using RenderFarm.Diffusion.Text;

namespace RenderFarm.Diffusion.Denoising;

/// <summary>Buffers of calls with one row count and shape. Not safe for concurrent use.</summary>
internal interface IDenoiserCall : IDisposable
{
    /// <summary>The latent of a row, scaled as the sampler wants it seen.</summary>
    Span<float> Sample(int row);

    /// <summary>Sets the timestep of a row; where the graph takes one for the whole call, all rows have the same.</summary>
    void SetTimestep(int row, float timestep);

    /// <summary>Puts a prompt embedding into a row.</summary>
    void SetText(int row, PromptEmbedding embedding);

    /// <summary>What the network predicted for a row.</summary>
    ReadOnlySpan<float> Prediction(int row);
}
