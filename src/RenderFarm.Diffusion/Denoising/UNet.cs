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
        using var owned = new Owned();
        if (Layout.Rows is not { } count) return owned.Release(Make(owned, rows, shape, (tokens, textWidth), extras));
        var parts = new UNetCall[(rows + count - 1) / count];
        for (var i = 0; i < parts.Length; i++) parts[i] = Make(owned, count, shape, (tokens, textWidth), extras);
        return owned.Release(new SplitCall(parts, count));
    }

    private UNetCall Make(Owned owned, int rows, LatentShape shape, (int Tokens, int Width) text, ExtraInputs extras)
    {
        var binding = owned.Add(_graph.Bind());
        var tensors = new UNetTensors(
            Tensor(Layout.Sample, rows, shape.Channels + extras.Channels, shape.Height, shape.Width),
            Tensor(Layout.Timestep, Layout.Timestep.Rank == 0 ? [] : Layout.Timestep.Dimensions[0] == 1 ? [1] : [rows]),
            RowTensor(Layout.Text, rows, text.Tokens, text.Width)!,
            Tensor(Layout.Prediction, rows, shape.Channels, shape.Height, shape.Width))
        {
            Pooled = RowTensor(Layout.Pooled, rows, extras.PooledWidth),
            TimeIds = RowTensor(Layout.TimeIds, rows, extras.TimeIds),
            GuidanceEmbedding = RowTensor(Layout.Guidance, rows, extras.GuidanceWidth),
            ClassLabel = RowTensor(Layout.ClassLabels, rows),
        };
        return new UNetCall(binding, tensors, rows);

        (string Name, FloatTensor Tensor) Tensor(TensorSpec spec, params long[] dimensions) => (spec.Name, owned.Add(_graph.Tensor(spec.ElementType, dimensions)));

        RowInput? RowTensor(TensorSpec? spec, params long[] dimensions) =>
            spec is null ? null : new RowInput(spec.Name, Tensor(spec, dimensions).Tensor, (int)dimensions[0]);
    }

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
