using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;

namespace RenderFarm.Diffusion.Denoising;

/// <summary>
/// The denoising network. What a graph takes is read from it: the timestep may be one number a row (rank 1) or one for the whole call (rank 0, or a
/// fixed length of 1, as Optimum exports it), and any of float32, float16 and int64.
/// </summary>
internal sealed class UNet : IDenoiser, IDisposable
{
    private readonly OnnxGraph _graph;
    private readonly TensorSpec _sample;
    private readonly TensorSpec _timestep;
    private readonly TensorSpec _text;
    private readonly TensorSpec _out;

    public UNet(OnnxGraph graph)
    {
        _graph = graph;
        graph.RequireOnly("sample", "timestep", "encoder_hidden_states");
        _sample = graph.Input("sample");
        _timestep = graph.Input("timestep");
        _text = graph.Input("encoder_hidden_states");
        _out = graph.Output("out_sample");
        TimestepPerRow = _timestep.Rank == 1 && _timestep.Dimensions[0] != 1;
        Channels = _out.Dimensions is [_, > 0, _, _] ? _out.Dimensions[1]
            : _sample.Dimensions is [_, > 0, _, _] ? _sample.Dimensions[1] : 4;
        TextWidth = _text.Dimensions is [_, _, > 0] ? _text.Dimensions[2] : null;
        if (_sample.Dimensions is [_, > 0, _, _] && _sample.Dimensions[1] != Channels)
            throw new CheckpointException(graph.File, $"it takes {_sample.Dimensions[1]} channels and gives {Channels}: only text-to-image graphs are run");
    }

    /// <inheritdoc />
    public int Channels { get; }

    /// <summary>Width of prompt embedding the graph declares; null when it leaves that open.</summary>
    public int? TextWidth { get; }

    /// <inheritdoc />
    public bool TimestepPerRow { get; }

    /// <inheritdoc />
    public IDenoiserCall Prepare(int rows, LatentShape shape, int tokens, int textWidth, ExtraInputs extras = default)
    {
        long[] latent = [rows, shape.Channels, shape.Height, shape.Width];
        var tensors = new UNetTensors(
            (_sample.Name, new FloatTensor(_sample.ElementType, latent)),
            (_timestep.Name, new FloatTensor(_timestep.ElementType, TimestepPerRow ? [rows] : _timestep.Rank == 0 ? [] : [1])),
            new RowInput(_text.Name, new FloatTensor(_text.ElementType, rows, tokens, textWidth), rows),
            (_out.Name, new FloatTensor(_out.ElementType, latent)));
        return new UNetCall(_graph.Bind(), tensors, rows);
    }

    /// <inheritdoc />
    public void Run(IDenoiserCall call, RunOptions options)
    {
        var bound = (UNetCall)call;
        bound.ToGraph();
        _graph.Run(options, bound.Binding);
        bound.FromGraph();
    }

    public void Dispose() => _graph.Dispose();
}
