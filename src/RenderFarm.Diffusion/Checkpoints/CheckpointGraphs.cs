using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Safety;
using RenderFarm.Diffusion.Text;
using RenderFarm.Diffusion.Text.Tokenization;
using RenderFarm.Diffusion.Vae;

namespace RenderFarm.Diffusion.Checkpoints;

/// <summary>A checkpoint's graphs, loaded and found to fit each other.</summary>
internal sealed class CheckpointGraphs : IDisposable
{
    private readonly List<IDisposable> _loaded = [];

    private CheckpointGraphs()
    {
    }

    /// <summary>Prompts, and whatever else the UNet is told.</summary>
    public ConditioningEncoder Conditioning { get; private set; } = null!;

    public UNet UNet { get; private set; } = null!;

    public VaeDecoder Decoder { get; private set; } = null!;

    /// <summary>Scores finished pictures; null where the checkpoint brings no safety checker.</summary>
    public SafetyChecker? Safety { get; private set; }

    /// <summary>The only size that the graphs take, in pixels; null when they leave it open.</summary>
    public (int Width, int Height)? Size { get; private set; }

    /// <summary>Shape of calls that show whether rows keep their bits in company; null where only calls of one shape can be made.</summary>
    public CallShape? ProbeShape { get; private set; }

    /// <summary>Loads the graphs of a checkpoint. The VAE encoder is not among them, because most pipelines never need it.</summary>
    /// <exception cref="CheckpointException">One is damaged, of a kind this engine does not run, or does not fit the others; the message names it.</exception>
    public static CheckpointGraphs Load(Checkpoint checkpoint, OnnxSessionFactory sessions, int cachedEmbeddings)
    {
        var graphs = new CheckpointGraphs();
        try
        {
            graphs.LoadAll(checkpoint, sessions, cachedEmbeddings);
            return graphs;
        }
        catch
        {
            graphs.Dispose();
            throw;
        }
    }

    private void LoadAll(Checkpoint checkpoint, OnnxSessionFactory sessions, int cachedEmbeddings)
    {
        UNet = Keep(OnnxGraph.Load(checkpoint.UNetFile, sessions.ForKeptBuffers()), graph => new UNet(graph, checkpoint.UNetChannels));
        var isXl = UNet.Layout.Pooled is not null;
        var towers = checkpoint.TextFolders.Select(text => Keep(
            OnnxGraph.Load(text.EncoderFile, sessions), graph => new TextTower(new ClipTextEncoder(graph, penultimate: isXl), LoadTokenizer(text.TokenizerFolder)))).ToArray();
        var maxChunks = UNet.Layout.Tokens is { } tokens ? tokens / towers[0].ContextLength : PromptEncoder.MaxChunks;
        var prompts = new PromptEncoder(towers, cachedEmbeddings, maxChunks);
        GraphFit.Check(checkpoint, UNet.Layout, prompts);
        ProbeShape = RowProbe.ShapeFor(UNet.Layout, towers[0].ContextLength, prompts.Width, prompts.PooledWidth);
        Conditioning = new ConditioningEncoder(prompts, UNet.Layout, checkpoint.ZeroesEmptyNegative);

        var decoder = OnnxGraph.Load(checkpoint.VaeDecoderFile, sessions);
        Size = GraphFit.Size(checkpoint, UNet.Layout, decoder.Interface);
        Decoder = Keep(decoder, graph => new VaeDecoder(graph, checkpoint.VaeScale, checkpoint.VaeFactor));
        if (checkpoint.SafetyCheckerFile is { } file) Safety = Keep(OnnxGraph.Load(file, sessions), graph => new SafetyChecker(graph, ClipPreprocessing.Read(checkpoint.PreprocessorFile)));
    }

    /// <summary>Wraps a graph and remembers to free it; frees it at once when the wrapper refuses it.</summary>
    private T Keep<T>(OnnxGraph graph, Func<OnnxGraph, T> wrap)
        where T : IDisposable
    {
        try
        {
            var wrapped = wrap(graph);
            _loaded.Add(wrapped);
            return wrapped;
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    private static ClipTokenizer LoadTokenizer(string folder)
    {
        try
        {
            return ClipTokenizer.Load(folder);
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            throw new CheckpointException(folder, $"the tokenizer cannot be loaded ({error.Message})", error);
        }
    }

    /// <summary>Refuses a size that the graphs do not take.</summary>
    /// <exception cref="GenerationException">They take another one; the message names it.</exception>
    public void RequireSize(int width, int height)
    {
        if (Size is not { } size || size == (width, height)) return;
        throw new GenerationException(
            GenerationError.BadRequest,
            FormattableString.Invariant($"width × height is {width}×{height}; allowed: {size.Width}×{size.Height}, because this checkpoint's graphs have a fixed shape."));
    }

    public void Dispose()
    {
        foreach (var loaded in _loaded) loaded.Dispose();
    }
}
