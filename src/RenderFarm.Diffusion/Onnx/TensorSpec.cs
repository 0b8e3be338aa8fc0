using Microsoft.ML.OnnxRuntime.Tensors;

namespace RenderFarm.Diffusion.Onnx;

/// <summary>An input or output as the graph declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ElementType">Its element type.</param>
/// <param name="Dimensions">Its dimensions; −1 where the graph leaves them open. Empty for a scalar.</param>
internal sealed record TensorSpec(string Name, TensorElementType ElementType, int[] Dimensions)
{
    /// <summary>Number of dimensions.</summary>
    public int Rank => Dimensions.Length;
}
