using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Diffusion.Text;

namespace RenderFarm.Diffusion.Checkpoints;

/// <summary>
/// What a checkpoint is and what it can do, read from the interfaces of its graphs; no weights are loaded, so that it takes milliseconds. Names of files and
/// classes are not asked, because exporters and uploaders disagree on them.
/// </summary>
public sealed record CheckpointAnatomy
{
    /// <summary>Name of the checkpoint.</summary>
    public required string Name { get; init; }

    /// <summary>Which line of networks it belongs to.</summary>
    public required CheckpointFamily Family { get; init; }

    /// <summary>What it was made for.</summary>
    public required CheckpointPurpose Purpose { get; init; }

    /// <summary>Whether the guidance scale is an input of the UNet, as in latent consistency models, so that guidance takes no second row.</summary>
    public required bool EmbedsGuidance { get; init; }

    /// <summary>Whose export it looks like.</summary>
    public required GraphLayout Layout { get; init; }

    /// <summary>What the UNet predicts.</summary>
    public required PredictionType Prediction { get; init; }

    /// <summary>The only size in pixels that it makes, because its graphs have a fixed shape; null for any multiple of <see cref="SideMultiple"/>.</summary>
    public required (int Width, int Height)? FixedSize { get; init; }

    /// <summary>Width and height must be multiples of this many pixels.</summary>
    public required int SideMultiple { get; init; }

    /// <summary>Rows of every UNet call, because its graph has a fixed shape; null for any.</summary>
    public required int? FixedRows { get; init; }

    /// <summary>Longest prompt, in tokens as the UNet takes them; null for any.</summary>
    public required int? FixedTokens { get; init; }

    /// <summary>Whether images at different steps can share a UNet call: its timestep is one a row and not one a call.</summary>
    public required bool MixesSteps { get; init; }

    /// <summary>Whether it brings a safety checker.</summary>
    public required bool HasSafetyChecker { get; init; }

    /// <summary>Its graphs, in the order in which an image meets them.</summary>
    public required IReadOnlyList<GraphDescription> Graphs { get; init; }

    /// <summary>Describes a checkpoint.</summary>
    /// <exception cref="CheckpointException">A graph is damaged or of a kind this engine does not run; the message names it.</exception>
    public static CheckpointAnatomy Read(Checkpoint checkpoint)
    {
        var unet = GraphInterfaceFile.Read(checkpoint.UNetFile);
        var layout = UNetLayout.Read(unet, checkpoint.UNetChannels);
        GraphInterface[] texts = [.. checkpoint.TextFolders.Select(text => GraphInterfaceFile.Read(text.EncoderFile))];
        TextEncoderLayout[] encoders = [.. texts.Select(TextEncoderLayout.Read)];
        var decoder = GraphInterfaceFile.Read(checkpoint.VaeDecoderFile);
        string[] others = [checkpoint.VaeEncoderFile, checkpoint.SafetyCheckerFile ?? ""];
        GraphInterface[] graphs = [.. texts, unet, decoder, .. others.Where(File.Exists).Select(GraphInterfaceFile.Read)];
        return new CheckpointAnatomy
        {
            Name = checkpoint.Name,
            Family = FamilyOf(layout, encoders.Sum(encoder => encoder.Width ?? 0)),
            Purpose = layout.ClassLabels is not null ? CheckpointPurpose.Upscaling
                : layout.ExtraChannels > 0 ? CheckpointPurpose.Inpainting : CheckpointPurpose.TextToImage,
            EmbedsGuidance = layout.Guidance is not null,
            Layout = LayoutOf(graphs, layout, encoders[0]),
            Prediction = checkpoint.Training.Prediction,
            FixedSize = GraphFit.Size(checkpoint, layout, decoder),
            SideMultiple = checkpoint.SideMultiple,
            FixedRows = layout.Rows,
            FixedTokens = layout.Tokens,
            MixesSteps = layout.TimestepPerRow,
            HasSafetyChecker = checkpoint.SafetyCheckerFile is not null,
            Graphs = [.. graphs.Select(graph => GraphDescription.Of(Path.GetFileName(Path.GetDirectoryName(graph.File))!, graph))],
        };
    }

    private static CheckpointFamily FamilyOf(UNetLayout unet, int textWidth) =>
        unet.Pooled is not null ? UNetLayout.Fixed(unet.TimeIds, 1) == 5 ? CheckpointFamily.StableDiffusionXLRefiner : CheckpointFamily.StableDiffusionXL
        : (unet.TextWidth ?? textWidth) == 1024 ? CheckpointFamily.StableDiffusion2 : CheckpointFamily.StableDiffusion1;

    private static GraphLayout LayoutOf(GraphInterface[] graphs, UNetLayout unet, TextEncoderLayout text) =>
        unet.Prediction.Name == "latent" || graphs.Any(graph => graph.OptionalOutput("text_embeddings") is not null) ? GraphLayout.OnnxRuntimeDemo
        : graphs.Any(graph => graph.Switches.Any()) || unet.Sample.ElementType == TensorElementType.Float16 ? GraphLayout.Olive
        : text.Ids.ElementType == TensorElementType.Int64 ? GraphLayout.Optimum
        : GraphLayout.DiffusersLegacy;

    /// <summary>A page for people.</summary>
    public override string ToString() => FormattableString.Invariant($"""
        checkpoint  {Name}
        family      {Family}, {Purpose}, predicts {Prediction}{(EmbedsGuidance ? ", takes the guidance scale as an input" : "")}
        layout      {Layout}
        sizes       {(FixedSize is { } size ? FormattableString.Invariant($"{size.Width}×{size.Height} only") : FormattableString.Invariant($"multiples of {SideMultiple} pixels"))}
        rows        {(FixedRows is { } rows ? FormattableString.Invariant($"{rows} a call") : "any number a call")}, {(MixesSteps ? "at any steps" : "all at the same step")}
        prompt      {(FixedTokens is { } tokens ? FormattableString.Invariant($"{tokens} tokens") : "any length")}
        safety      {(HasSafetyChecker ? "scores every image" : "no checker")}
        {string.Join('\n', Graphs)}
        """);
}
