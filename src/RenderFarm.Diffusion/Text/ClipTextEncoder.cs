using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;

namespace RenderFarm.Diffusion.Text;

/// <summary>
/// Prompt to <see cref="PromptEmbedding"/>: one prompt a call, so that an embedding never depends on which others were asked for beside it.
/// Safe for concurrent use.
/// </summary>
internal sealed class ClipTextEncoder : IDisposable
{
    private readonly OnnxGraph _graph;
    private readonly ClipTokenizer _tokenizer;
    private readonly TensorSpec _ids;
    private readonly TensorSpec _hidden;
    private readonly int _width;
    private readonly LruCache<string, PromptEmbedding> _recent;

    public ClipTextEncoder(OnnxGraph graph, ClipTokenizer tokenizer, int cachedEmbeddings)
    {
        _graph = graph;
        _tokenizer = tokenizer;
        graph.RequireOnly("input_ids");
        _ids = graph.Input("input_ids");
        _hidden = graph.Output("last_hidden_state");
        _width = _hidden.Dimensions is [_, _, > 0] ? _hidden.Dimensions[2]
            : throw new CheckpointException(graph.File, $"its output '{_hidden.Name}' does not declare its width");
        _recent = new LruCache<string, PromptEmbedding>(cachedEmbeddings);
    }

    /// <summary>Width of an embedding, which must be the one the UNet's cross attention takes.</summary>
    public int Width => _width;

    /// <summary>Tokenises, encodes, and keeps the result for the next image with this prompt.</summary>
    public PromptEmbedding Encode(string prompt)
    {
        if (_recent.TryGet(prompt, out var known)) return known;
        var embedding = Run(_tokenizer.Tokenize(prompt).Ids);
        _recent.Add(prompt, embedding);
        return embedding;
    }

    private PromptEmbedding Run(int[] ids)
    {
        long[] shape = [1, ids.Length];
        using var input = _ids.ElementType == TensorElementType.Int64
            ? OrtValue.CreateTensorValueFromMemory([.. ids.Select(id => (long)id)], shape)
            : OrtValue.CreateTensorValueFromMemory(ids, shape);
        using var output = new FloatTensor(_hidden.ElementType, 1, ids.Length, _width);
        using var binding = _graph.Bind();
        using var options = new RunOptions();
        binding.BindInput(_ids.Name, input);
        binding.BindOutput(_hidden.Name, output.Value);
        _graph.Run(options, binding);
        output.FromGraph();
        return new PromptEmbedding(output.Values.ToArray(), ids.Length, _width);
    }

    public void Dispose() => _graph.Dispose();
}
