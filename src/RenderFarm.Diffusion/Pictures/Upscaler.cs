using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Pictures.Canvas;
using RenderFarm.Diffusion.Tiles;
using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Pictures;

/// <summary>
/// A network of the ESRGAN class that makes pictures a whole number of times larger: one input [1, 3, h, w] of RGB in 0…1, one output [1, 3, s·h, s·w], as
/// exporters write them. Names, element types (float32 or float16), fixed sizes and s are read from the graph. Safe for concurrent use.
/// </summary>
/// <remarks>
/// Pictures larger than a tile are made in tiles that share <see cref="Overlap"/> pixels, of which the outer half of each is thrown away: a network that
/// looks no further than that gives the same bytes in one piece. Limitations: no opacity channel; s is 1 to 16.
/// </remarks>
public sealed class Upscaler : IDisposable
{
    /// <summary>Longest side of a tile in pixels, where the graph does not fix another.</summary>
    public const int Tile = 256;

    /// <summary>Pixels that neighbouring tiles have in common.</summary>
    public const int Overlap = 32;

    private const int MaxScale = 16;
    private const int MaxRounds = 3;
    private readonly OnnxGraph _graph;
    private readonly TensorSpec _input;
    private readonly TensorSpec _output;
    private readonly int _height;
    private readonly int _width;
    private readonly int _overlap;

    internal Upscaler(OnnxGraph graph, int tile = Tile, int overlap = Overlap)
    {
        _graph = graph;
        _input = Only(graph.File, graph.Inputs, "input");
        _output = Only(graph.File, graph.Outputs, "output");
        _height = _input.Dimensions[2] > 0 ? _input.Dimensions[2] : tile;
        _width = _input.Dimensions[3] > 0 ? _input.Dimensions[3] : tile;
        // A fixed size may be small; a tile must still get ahead.
        _overlap = Math.Min(overlap, Math.Min(_height, _width) / 2);
        HasFixedSize = _input.Dimensions[2] > 0 || _input.Dimensions[3] > 0;
        Scale = MeasureScale();
    }

    /// <summary>How many times larger pictures become, s.</summary>
    public int Scale { get; }

    /// <summary>Whether the graph takes pictures of one size only; others are made in tiles of that size.</summary>
    public bool HasFixedSize { get; }

    /// <summary>Loads an upscaler.</summary>
    /// <param name="file">Path of the ONNX file.</param>
    /// <param name="options">How to use the device; null for the defaults.</param>
    /// <exception cref="CheckpointException">The file is missing, damaged or no upscaler; the message names it and says why.</exception>
    public static Upscaler Load(string file, PipelineOptions? options = null) => Load(file, new OnnxSessionFactory(options ?? new PipelineOptions()));

    internal static Upscaler Load(string file, OnnxSessionFactory sessions)
    {
        var graph = OnnxGraph.Load(file, sessions);
        try
        {
            return new Upscaler(graph);
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    /// <summary>A picture <see cref="Scale"/> times as wide and as high.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="cancellation">Looked at before every tile.</param>
    /// <exception cref="GenerationException">What the network gives is infinite or NaN somewhere.</exception>
    /// <exception cref="OutOfMemoryException">The device's memory does not hold a tile.</exception>
    public RgbImage Upscale(RgbImage image, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var padded = HasFixedSize ? Pad(image) : image;
        var (down, across) = (new TileAxis(padded.Height, _height, _overlap, 0), new TileAxis(padded.Width, _width, _overlap, 0));
        var tiles = new TiledGraph(down, across, down.Finer(Scale), across.Finer(Scale));
        var planes = tiles.Run(ToPlanes(padded), 3, 3, Evaluate, cancellation);
        var large = FromPlanes(planes, padded.Width * Scale, padded.Height * Scale);
        return new PictureBox(0, 0, image.Width * Scale, image.Height * Scale).Cut(large);
    }

    /// <summary>A picture of exactly the given size: made larger until it is large enough, at most three times, then brought to size (Lanczos 3).</summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="cancellation">Looked at before every tile.</param>
    /// <remarks>As A1111's <c>modules/upscaler.py</c> does.</remarks>
    public RgbImage Enlarge(RgbImage image, int width, int height, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        for (var round = 0; round < MaxRounds && (image.Width < width || image.Height < height); round++)
        {
            image = Upscale(image, cancellation);
            if (Scale == 1) break;
        }

        return LanczosResampling.Resize(image, width, height);
    }

    /// <summary>Frees the graph.</summary>
    public void Dispose() => _graph.Dispose();

    /// <summary>What can be told of a graph without loading it: whether it takes a picture.</summary>
    /// <exception cref="CheckpointException">It does not.</exception>
    internal static void RequireInput(GraphInterface graph) => Only(graph.File, graph.Inputs, "input");

    private static TensorSpec Only(string file, IReadOnlyList<TensorSpec> tensors, string kind)
    {
        if (tensors is not [var tensor])
            throw new CheckpointException(file, $"an upscaler has one {kind}, this graph has {tensors.Count} ({string.Join(", ", tensors.Select(spec => spec.Name))})");
        var fits = tensor.ElementType is TensorElementType.Float or TensorElementType.Float16 && tensor.Dimensions is [1 or <= 0, 3 or <= 0, _, _];
        return fits ? tensor : throw new CheckpointException(
            file,
            $"an upscaler's {kind} is [1, 3, h, w] of float32 or float16; '{tensor.Name}' is [{string.Join(", ", tensor.Dimensions)}] of {tensor.ElementType}");
    }

    /// <summary>Runs the graph once on a small black picture: how its output is declared says too little.</summary>
    private int MeasureScale()
    {
        const int Small = 32;
        var (height, width) = HasFixedSize ? (_height, _width) : (Small, Small);
        using var input = new FloatTensor(_input.ElementType, 1, 3, height, width);
        using var binding = _graph.Bind();
        using var options = new RunOptions();
        input.ToGraph();
        binding.BindInput(_input.Name, input.Value);
        binding.BindOutputToDevice(_output.Name, OrtMemoryInfo.DefaultInstance);
        try
        {
            _graph.Run(options, binding);
        }
        catch (OnnxRuntimeException error)
        {
            throw new CheckpointException(_graph.File, $"it fails on a picture of {width}×{height} pixels ({error.Message.Split('\n', 2)[0]})", error);
        }

        using var outputs = binding.GetOutputValues();
        var shape = outputs[0].GetTensorTypeAndShape().Shape;
        var scale = shape is [1, 3, _, _] ? shape[2] / height : 0;
        if (scale is < 1 or > MaxScale || shape[2] != scale * height || shape[3] != scale * width)
        {
            throw new CheckpointException(
                _graph.File, $"it makes [{string.Join(", ", shape)}] of [1, 3, {height}, {width}]; an upscaler makes both sides the same whole number of times larger, 1…{MaxScale}");
        }

        return (int)scale;
    }

    private float[] Evaluate(float[] tile, int height, int width)
    {
        using var input = new FloatTensor(_input.ElementType, 1, 3, height, width);
        using var output = new FloatTensor(_output.ElementType, 1, 3, height * Scale, width * Scale);
        tile.CopyTo(input.Values);
        input.ToGraph();
        using var binding = _graph.Bind();
        using var options = new RunOptions();
        binding.BindInput(_input.Name, input.Value);
        binding.BindOutput(_output.Name, output.Value);
        _graph.Run(options, binding);
        output.FromGraph();
        return output.Values.ToArray();
    }

    private RgbImage Pad(RgbImage image) => image.Width >= _width && image.Height >= _height ? image
        : GrownCanvas.Grow(image, new OutpaintMargins(0, 0, Math.Max(0, _width - image.Width), Math.Max(0, _height - image.Height)));

    private static float[] ToPlanes(RgbImage image)
    {
        var plane = image.Width * image.Height;
        var planes = new float[3 * plane];
        for (var i = 0; i < planes.Length; i++) planes[i] = image.Pixels[(i % plane * 3) + (i / plane)] / 255f;
        return planes;
    }

    private static RgbImage FromPlanes(float[] planes, int width, int height)
    {
        var plane = width * height;
        var pixels = new byte[planes.Length];
        if (!Array.TrueForAll(planes, float.IsFinite))
            throw new GenerationException(GenerationError.NotFinite, "The upscaler gave infinite or NaN pixels, as one in half precision may.");
        for (var i = 0; i < planes.Length; i++)
            pixels[(i % plane * 3) + (i / plane)] = (byte)MathF.Round(Math.Clamp(planes[i], 0f, 1f) * 255f, MidpointRounding.ToEven);
        return new RgbImage(width, height, pixels);
    }
}
