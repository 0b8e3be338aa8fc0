using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Pictures.Canvas;
using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Vae;

/// <summary>Pixels to latent: one image a call, a large one in tiles. Safe for concurrent use.</summary>
/// <remarks>
/// A graph that gives <c>latent_parameters</c> (mean and logarithm of the variance) is sampled here, from the image's own noise stream, as diffusers'
/// <c>DiagonalGaussianDistribution</c> does. One that gives <c>latent_sample</c> has sampled already: legacy exports do so with noise of their own
/// (<see cref="OwnNoise"/>), and then images are not reproducible.
/// </remarks>
internal sealed class VaeEncoder : IDisposable
{
    private readonly OnnxGraph _graph;
    private readonly TensorSpec _sample;
    private readonly TensorSpec _latent;
    private readonly bool _givesParameters;
    private readonly float _scale;
    private readonly int _factor;
    private readonly VaeTiling _tiling;

    /// <param name="graph">Takes <c>sample</c> [1, 3, H, W] in −1…1, gives <c>latent_parameters</c> [1, 2C, h, w] or <c>latent_sample</c> [1, C, h, w].</param>
    /// <param name="scale">The latent is multiplied by this afterwards.</param>
    /// <param name="factor">H/h and W/w.</param>
    /// <param name="tiling">How large pictures are worked on; null for the standard.</param>
    public VaeEncoder(OnnxGraph graph, float scale, int factor, VaeTiling? tiling = null)
    {
        _factor = factor;
        _tiling = tiling ?? VaeTiling.Standard;
        _graph = graph;
        graph.RequireOnly("sample", "images");
        _sample = graph.Input("sample", "images");
        _latent = graph.Interface.OptionalOutput("latent_parameters", "latent_sample", "latent")
            ?? throw new CheckpointException(graph.File, $"the graph has no output 'latent_parameters' or 'latent_sample'; it has {string.Join(", ", graph.Outputs.Select(output => output.Name))}");
        _givesParameters = _latent.Name == "latent_parameters";
        _scale = scale;
        OwnNoise = _givesParameters ? null : RandomOperators.Find(graph.File);
    }

    /// <summary>The operator by which the graph draws noise of its own; null where it draws none, so that the same picture gives the same latent.</summary>
    public string? OwnNoise { get; }

    /// <summary>Path of the graph, for error messages.</summary>
    public string File => _graph.File;

    /// <summary>Encodes one picture.</summary>
    /// <param name="image">As large as the latent's shape says, times the VAE factor.</param>
    /// <param name="shape">Shape of the latent.</param>
    /// <param name="noise">The image's own stream; one draw is taken if the graph leaves sampling to us.</param>
    /// <returns>The latent in the UNet's scaling.</returns>
    public float[] Encode(RgbImage image, LatentShape shape, INoiseStream noise)
    {
        var planes = new float[3 * image.Width * image.Height];
        FromPixels(image, planes);
        return Encode(planes, shape, noise);
    }

    /// <summary>Encodes one picture without what a mask covers: there it is the middle grey, 0 in −1…1.</summary>
    /// <param name="image">The picture; null where all of it is covered.</param>
    /// <param name="mask">Grey, as large; null covers everything.</param>
    /// <param name="shape">Shape of the latent.</param>
    /// <param name="noise">The image's own stream; one draw is taken if the graph leaves sampling to us.</param>
    public float[] EncodeCovered(RgbImage? image, RgbImage? mask, LatentShape shape, INoiseStream noise)
    {
        var plane = shape.Height * _factor * shape.Width * _factor;
        var planes = new float[3 * plane];
        if (image is not null) FromPixels(image, planes);
        for (var i = 0; i < planes.Length; i++)
        {
            if (MaskedLatent.Covers(mask, i % plane)) planes[i] = 0;
        }

        return Encode(planes, shape, noise);
    }

    private float[] Encode(float[] planes, LatentShape shape, INoiseStream noise)
    {
        var encoded = _tiling.AppliesTo(shape)
            ? _tiling.FromPixels(shape, _factor).Run(planes, 3, OutputChannels(shape), (tile, height, width) => Run(tile, shape with { Height = height / _factor, Width = width / _factor }))
            : Run(planes, shape);

        var latent = encoded;
        if (_givesParameters) Sample(encoded, noise, latent = new float[shape.Length]);
        for (var i = 0; i < latent.Length; i++) latent[i] *= _scale;
        return latent;
    }

    private int OutputChannels(LatentShape shape) => _givesParameters ? 2 * shape.Channels : shape.Channels;

    /// <summary>One call of the graph: [1, 3, H, W] → [1, C or 2C, h, w].</summary>
    private float[] Run(ReadOnlySpan<float> planes, LatentShape shape)
    {
        using var input = new FloatTensor(_sample.ElementType, 1, 3, shape.Height * _factor, shape.Width * _factor);
        using var output = new FloatTensor(_latent.ElementType, 1, OutputChannels(shape), shape.Height, shape.Width);
        planes.CopyTo(input.Values);
        input.ToGraph();
        using var binding = _graph.Bind();
        using var options = new RunOptions();
        binding.BindInput(_sample.Name, input.Value);
        binding.BindOutput(_latent.Name, output.Value);
        _graph.Run(options, binding);
        output.FromGraph();
        return output.Values.ToArray();
    }

    /// <summary>mean + std · noise, with the logarithm of the variance held within −30…20.</summary>
    internal static void Sample(ReadOnlySpan<float> parameters, INoiseStream noise, Span<float> latent)
    {
        noise.Draw(latent);
        for (var i = 0; i < latent.Length; i++)
        {
            var deviation = (float)Math.Exp(0.5 * Math.Clamp(parameters[latent.Length + i], -30f, 20f));
            latent[i] = parameters[i] + (deviation * latent[i]);
        }
    }

    /// <summary>Interleaved bytes to planes in −1…1.</summary>
    private static void FromPixels(RgbImage image, Span<float> planes)
    {
        var plane = image.Width * image.Height;
        for (var i = 0; i < plane; i++)
        {
            for (var channel = 0; channel < 3; channel++) planes[(channel * plane) + i] = (2 * (image.Pixels[(i * 3) + channel] / 255f)) - 1;
        }
    }

    public void Dispose() => _graph.Dispose();
}
