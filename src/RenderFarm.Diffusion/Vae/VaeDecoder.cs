using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Vae;

/// <summary>
/// Latent to pixels: one image a call, so that a picture never depends on its neighbours, and because half-precision decoders misbehave
/// with several (ONNX Runtime's and diffusers' pipelines decode one at a time too). Safe for concurrent use.
/// </summary>
internal sealed class VaeDecoder : IDisposable
{
    private readonly OnnxGraph _graph;
    private readonly TensorSpec _latent;
    private readonly TensorSpec _sample;
    private readonly float _scale;
    private readonly int _factor;
    private readonly VaeTiling _tiling;

    /// <param name="graph">Takes <c>latent_sample</c> [1, C, h, w], gives <c>sample</c> [1, 3, H, W] in −1…1.</param>
    /// <param name="scale">The latent is divided by this first.</param>
    /// <param name="factor">H/h and W/w.</param>
    /// <param name="tiling">How large latents are worked on; null for the standard.</param>
    public VaeDecoder(OnnxGraph graph, float scale, int factor, VaeTiling? tiling = null)
    {
        _tiling = tiling ?? VaeTiling.Standard;
        _graph = graph;
        graph.RequireOnly("latent_sample", "latent");
        _latent = graph.Input("latent_sample", "latent");
        _sample = graph.Output("sample", "images");
        _scale = scale;
        _factor = factor;
    }

    /// <summary>Decodes one latent; a large one in tiles.</summary>
    /// <param name="latent">channels × height × width numbers.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="cancellation">Looked at before every tile.</param>
    /// <exception cref="GenerationException">What the graph gives is infinite or NaN somewhere.</exception>
    public RgbImage Decode(ReadOnlySpan<float> latent, LatentShape shape, CancellationToken cancellation = default)
    {
        var (width, height) = (shape.Width * _factor, shape.Height * _factor);
        if (_tiling.AppliesTo(shape))
        {
            var planes = _tiling.ToPixels(shape, _factor).Run(latent, shape.Channels, 3, DecodeTile, cancellation);
            return ToPicture(planes, width, height);
        }

        using var output = Run(latent, shape);
        return ToPicture(output.Values, width, height);

        float[] DecodeTile(float[] tile, int rows, int columns)
        {
            using var decoded = Run(tile, shape with { Height = rows, Width = columns });
            return decoded.Values.ToArray();
        }
    }

    /// <summary>One call of the graph: [1, C, h, w] → [1, 3, H, W].</summary>
    private FloatTensor Run(ReadOnlySpan<float> latent, LatentShape shape)
    {
        using var input = new FloatTensor(_latent.ElementType, 1, shape.Channels, shape.Height, shape.Width);
        var output = new FloatTensor(_sample.ElementType, 1, 3, shape.Height * _factor, shape.Width * _factor);
        for (var i = 0; i < latent.Length; i++) input.Values[i] = latent[i] / _scale;
        input.ToGraph();

        using var binding = _graph.Bind();
        using var options = new RunOptions();
        binding.BindInput(_latent.Name, input.Value);
        binding.BindOutput(_sample.Name, output.Value);
        _graph.Run(options, binding);
        output.FromGraph();
        return output;
    }

    // NaN would be rounded to black and pass for a picture.
    private static RgbImage ToPicture(ReadOnlySpan<float> planes, int width, int height)
    {
        foreach (var value in planes)
        {
            if (float.IsFinite(value)) continue;
            throw new GenerationException(
                GenerationError.NotFinite,
                "The VAE decoder gave infinite or NaN pixels. Decoders in half precision overflow so (SDXL's first does); one in single precision, or mended for half, does not.");
        }

        return new RgbImage(width, height, ToPixels(planes, width * height));
    }

    /// <summary>Planes in −1…1 to interleaved bytes: round((x/2 + 0.5) clamped to 0…1, × 255), half to even, as diffusers does.</summary>
    internal static byte[] ToPixels(ReadOnlySpan<float> planes, int plane)
    {
        var pixels = new byte[plane * 3];
        for (var i = 0; i < plane; i++)
        {
            for (var channel = 0; channel < 3; channel++)
            {
                var value = Math.Clamp((planes[(channel * plane) + i] / 2) + 0.5f, 0f, 1f);
                pixels[(i * 3) + channel] = (byte)MathF.Round(value * 255f, MidpointRounding.ToEven);
            }
        }

        return pixels;
    }

    public void Dispose() => _graph.Dispose();
}
