using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Denoising.UNetCalls;
using RenderFarm.Diffusion.Onnx;

namespace RenderFarm.Diffusion.Denoising;

/// <summary>The denoising network, with whatever inputs its <see cref="UNetLayout"/> says that it has.</summary>
internal sealed class UNet : IDenoiser, IDisposable
{
    private readonly OnnxGraph _graph;

    /// <param name="graph">Owned from now on.</param>
    /// <param name="configuredChannels"><c>in_channels</c> of its configuration; null where unknown.</param>
    /// <exception cref="Checkpoints.CheckpointException">It is no UNet that this engine runs; the message names what it takes.</exception>
    public UNet(OnnxGraph graph, int? configuredChannels = null)
    {
        _graph = graph;
        Layout = UNetLayout.Read(graph.Interface, configuredChannels);
    }

    /// <summary>What the graph takes and gives.</summary>
    public UNetLayout Layout { get; }

    /// <inheritdoc />
    public int Channels => Layout.Channels;

    /// <summary>Width of prompt embedding the graph declares; null when it leaves that open.</summary>
    public int? TextWidth => Layout.TextWidth;

    /// <inheritdoc />
    public bool TimestepPerRow => Layout.TimestepPerRow;

    /// <inheritdoc />
    public IDenoiserCall Prepare(int rows, LatentShape shape, int tokens, int textWidth, ExtraInputs extras = default)
    {
        Require(extras);
        return Layout.Rows is { } count ? new SplitCall([.. Enumerable.Range(0, (rows + count - 1) / count).Select(_ => Make(count))], count) : Make(rows);

        UNetCall Make(int count) => new(_graph.Bind(), Tensors(count, shape, tokens, textWidth, extras), count);
    }

    private UNetTensors Tensors(int rows, LatentShape shape, int tokens, int textWidth, ExtraInputs extras) => new(
        Tensor(Layout.Sample, rows, shape.Channels + extras.Channels, shape.Height, shape.Width),
        Tensor(Layout.Timestep, Layout.Timestep.Rank == 0 ? [] : Layout.Timestep.Dimensions[0] == 1 ? [1] : [rows]),
        RowTensor(Layout.Text, rows, tokens, textWidth)!,
        Tensor(Layout.Prediction, rows, shape.Channels, shape.Height, shape.Width))
    {
        Pooled = RowTensor(Layout.Pooled, rows, extras.PooledWidth),
        TimeIds = RowTensor(Layout.TimeIds, rows, extras.TimeIds),
        GuidanceEmbedding = RowTensor(Layout.Guidance, rows, extras.GuidanceWidth),
        ClassLabel = RowTensor(Layout.ClassLabels, rows),
    };

    private (string Name, FloatTensor Tensor) Tensor(TensorSpec spec, params long[] shape) => (spec.Name, _graph.Tensor(spec.ElementType, shape));

    private RowInput? RowTensor(TensorSpec? spec, params long[] shape) =>
        spec is null ? null : new RowInput(spec.Name, _graph.Tensor(spec.ElementType, shape), (int)shape[0]);

    private void Require(ExtraInputs extras)
    {
        var fits = Fits(Layout.Pooled, extras.PooledWidth) && Fits(Layout.TimeIds, extras.TimeIds) && Fits(Layout.Guidance, extras.GuidanceWidth)
            && Layout.ExtraChannels == extras.Channels && Layout.ClassLabels is not null == extras.HasClassLabel;
        if (!fits) throw new ArgumentException($"Rows bring {extras}, which is not what {_graph.File} takes.", nameof(extras));

        static bool Fits(TensorSpec? spec, int width) => spec is null ? width == 0 : width > 0 && (UNetLayout.Fixed(spec, 1) ?? width) == width;
    }

    /// <inheritdoc />
    public void Run(IDenoiserCall call, RunOptions options)
    {
        if (call is SplitCall split)
        {
            foreach (var part in split.Parts) Run(part, options);
            return;
        }

        var bound = (UNetCall)call;
        bound.ToGraph();
        _graph.Run(options, bound.Binding);
        bound.FromGraph();
    }

    public void Dispose() => _graph.Dispose();
}
