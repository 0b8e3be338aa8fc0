using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Onnx.Weights;

namespace RenderFarm.Diffusion.Text;

/// <summary>The layer norm that CLIP puts after its last layer (Ba et al. 2016): a layer taken earlier has not been through it and must be.</summary>
/// <remarks>ε is 10⁻⁵, as in every CLIP text encoder of Stable Diffusion.</remarks>
internal sealed class FinalLayerNorm(float[] weight, float[] bias)
{
    private const double Epsilon = 1e-5;

    /// <summary>The norm of a text encoder, read from its graph's constants; null when they cannot be found there.</summary>
    public static FinalLayerNorm? Read(string file, int width) =>
        OnnxWeights.Find(file, "final_layer_norm.weight") is { } weight && weight.Length == width
        && OnnxWeights.Find(file, "final_layer_norm.bias") is { } bias && bias.Length == width
            ? new FinalLayerNorm(weight, bias)
            : null;

    /// <summary>Normalizes each token of an embedding in place.</summary>
    public void Apply(Span<float> embedding)
    {
        for (var start = 0; start < embedding.Length; start += weight.Length)
        {
            var token = embedding.Slice(start, weight.Length);
            var (sum, squares) = (0.0, 0.0);
            foreach (var value in token) sum += value;
            var mean = sum / token.Length;
            foreach (var value in token) squares += (value - mean) * (value - mean);
            var divisor = Math.Sqrt((squares / token.Length) + Epsilon);
            for (var i = 0; i < token.Length; i++) token[i] = (float)(((token[i] - mean) / divisor * weight[i]) + bias[i]);
        }
    }
}
