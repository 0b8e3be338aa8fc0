using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;

namespace RenderFarm.Diffusion.Denoising;

/// <summary>
/// What a UNet graph takes and gives, read from its interface and never assumed: exporters differ in names, ranks and element types, and a graph's kind
/// (SDXL, LCM, inpainting, ×4 upscaler) shows in its inputs alone.
/// </summary>
/// <param name="Sample">[N, C + extra channels, h, w]: <c>sample</c>.</param>
/// <param name="Timestep">[N], [1] or a scalar, of float32, float16 or int64: <c>timestep</c>.</param>
/// <param name="Text">[N, tokens, width]: <c>encoder_hidden_states</c>.</param>
/// <param name="Prediction">[N, C, h, w]: <c>out_sample</c>, in ONNX Runtime's demo exports <c>latent</c>.</param>
internal sealed record UNetLayout(TensorSpec Sample, TensorSpec Timestep, TensorSpec Text, TensorSpec Prediction)
{
    private const int StandardChannels = 4;

    /// <summary>[N, pooled width]: <c>text_embeds</c> of SDXL; null for others.</summary>
    public TensorSpec? Pooled { get; private init; }

    /// <summary>[N, 6], for a refiner [N, 5]: <c>time_ids</c> of SDXL; null for others.</summary>
    public TensorSpec? TimeIds { get; private init; }

    /// <summary>[N, 256]: <c>timestep_cond</c> of a latent consistency UNet; null for others.</summary>
    public TensorSpec? Guidance { get; private init; }

    /// <summary>[N]: <c>class_labels</c> of the ×4 upscaler; null for others.</summary>
    public TensorSpec? ClassLabels { get; private init; }

    /// <summary>Channels of a latent.</summary>
    public int Channels { get; private init; }

    /// <summary>Channels of <c>sample</c> behind those of the latent: 5 for inpainting (mask, masked image), 3 for the ×4 upscaler, else 0.</summary>
    public int ExtraChannels { get; private init; }

    /// <summary>Whether rows of one call may be at different timesteps: the timestep has rank 1, and no fixed length of 1 as Optimum's older exports have; or there is only one row.</summary>
    public bool TimestepPerRow => Rows == 1 || (Timestep.Rank == 1 && Timestep.Dimensions[0] != 1);

    /// <summary>Width of prompt embedding; null when the graph leaves it open.</summary>
    public int? TextWidth => Fixed(Text, 2);

    /// <summary>Sequence length of prompt embedding; null when the graph leaves it open.</summary>
    public int? Tokens => Fixed(Text, 1);

    /// <summary>Rows of every call; null when the graph leaves that open.</summary>
    public int? Rows => Fixed(Sample, 0);

    /// <summary>Latent rows and columns of every call; null when the graph leaves one of them open.</summary>
    public (int Height, int Width)? Cells => Fixed(Sample, 2) is { } height && Fixed(Sample, 3) is { } width ? (height, width) : null;

    /// <summary>Reads the layout of a graph.</summary>
    /// <param name="graph">Its interface.</param>
    /// <param name="configuredChannels"><c>in_channels</c> of its configuration, for graphs that leave the number open; null where unknown.</param>
    /// <exception cref="CheckpointException">An input is missing, unknown or of a rank or type that no exporter writes; the message names it.</exception>
    public static UNetLayout Read(GraphInterface graph, int? configuredChannels = null)
    {
        graph.RequireOnly("sample", "timestep", "encoder_hidden_states", "text_embeds", "time_ids", "timestep_cond", "class_labels");
        var layout = new UNetLayout(
            graph.Input("sample"), graph.Input("timestep"), graph.Input("encoder_hidden_states"), graph.Output("out_sample", "latent", "noise_pred"));
        RequireRank(graph, layout.Sample, 4);
        RequireRank(graph, layout.Text, 3);
        foreach (var tensor in graph.Inputs.Except(graph.Switches).Append(layout.Prediction)) RequireType(graph, tensor);
        if (layout.Timestep.Rank > 1) throw new CheckpointException(graph.File, $"its input '{layout.Timestep.Name}' has {layout.Timestep.Rank} dimensions; allowed: 0 or 1");
        var given = Fixed(layout.Prediction, 1);
        var taken = Fixed(layout.Sample, 1) ?? configuredChannels ?? given ?? StandardChannels;
        var channels = given ?? Math.Min(taken, StandardChannels);
        if (taken < channels) throw new CheckpointException(graph.File, $"it takes {taken} channels and gives {channels}");
        return layout with
        {
            Channels = channels,
            ExtraChannels = taken - channels,
            Pooled = graph.OptionalInput("text_embeds"),
            TimeIds = graph.OptionalInput("time_ids"),
            Guidance = graph.OptionalInput("timestep_cond"),
            ClassLabels = graph.OptionalInput("class_labels"),
        };
    }

    /// <summary>A dimension's fixed length, or null.</summary>
    public static int? Fixed(TensorSpec? tensor, int dimension) =>
        tensor is not null && dimension < tensor.Rank && tensor.Dimensions[dimension] > 0 ? tensor.Dimensions[dimension] : null;

    private static void RequireType(GraphInterface graph, TensorSpec tensor)
    {
        if (tensor.ElementType is not (TensorElementType.Float or TensorElementType.Float16 or TensorElementType.Int64))
            throw new CheckpointException(graph.File, $"'{tensor.Name}' is of {tensor.ElementType}; allowed: Float, Float16 or Int64");
    }

    private static void RequireRank(GraphInterface graph, TensorSpec tensor, int rank)
    {
        if (tensor.Rank != rank) throw new CheckpointException(graph.File, $"its input '{tensor.Name}' has {tensor.Rank} dimensions; allowed: {rank}");
    }
}
