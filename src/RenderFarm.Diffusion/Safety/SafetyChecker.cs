using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Safety;

/// <summary>
/// Scores finished pictures with the checker that comes with a checkpoint: one picture a call, so that its score never depends on its neighbours. Safe for
/// concurrent use.
/// </summary>
/// <remarks>
/// Graph of diffusers' <c>StableDiffusionSafetyChecker</c> as its conversion script and Olive export it: <c>clip_input</c> [B, 3, 224, 224], <c>images</c>
/// [B, H, W, 3] in 0…1, <c>has_nsfw_concepts</c> [B]. Limitations: those exports give a truth value, so that the score is 0 or 1; a graph that gives floating
/// point there gives a score, above 0 for unsafe. <c>out_images</c>, which the graph blackens, is not fetched.
/// </remarks>
internal sealed class SafetyChecker : IDisposable
{
    private readonly OnnxGraph _graph;
    private readonly ClipPreprocessing _preprocessing;
    private readonly TensorSpec _clip;
    private readonly TensorSpec? _images;
    private readonly TensorSpec _verdict;

    /// <param name="graph">Owned from now on.</param>
    /// <param name="preprocessing">How a picture becomes <c>clip_input</c>.</param>
    /// <exception cref="CheckpointException">It is no such graph.</exception>
    public SafetyChecker(OnnxGraph graph, ClipPreprocessing preprocessing)
    {
        _graph = graph;
        _preprocessing = preprocessing;
        graph.RequireOnly("clip_input", "images");
        _clip = graph.Input("clip_input");
        _images = graph.Interface.OptionalInput("images");
        _verdict = graph.Output("has_nsfw_concepts");
        if (_verdict.ElementType is not (TensorElementType.Bool or TensorElementType.Float or TensorElementType.Float16))
            throw new CheckpointException(graph.File, $"its output '{_verdict.Name}' is of {_verdict.ElementType}; allowed: Bool, Float or Float16");
    }

    /// <summary>Scores one picture.</summary>
    public SafetyVerdict Check(RgbImage image)
    {
        using var clip = new FloatTensor(_clip.ElementType, 1, 3, _preprocessing.Size, _preprocessing.Size);
        _preprocessing.Write(image, clip.Values);
        clip.ToGraph();
        using var pixels = _images is null ? null : new FloatTensor(_images.ElementType, 1, image.Height, image.Width, 3);
        for (var i = 0; i < image.Pixels.Length && pixels is not null; i++) pixels.Values[i] = image.Pixels[i] / 255f;
        pixels?.ToGraph();

        using var binding = _graph.Bind();
        using var options = new RunOptions();
        binding.BindInput(_clip.Name, clip.Value);
        if (pixels is not null) binding.BindInput(_images!.Name, pixels.Value);
        return _verdict.ElementType == TensorElementType.Bool ? Ask(binding, options) : Measure(binding, options);
    }

    private SafetyVerdict Ask(OrtIoBinding binding, RunOptions options)
    {
        var answer = new bool[1];
        using var value = OrtValue.CreateTensorValueFromMemory(answer, [1]);
        binding.BindOutput(_verdict.Name, value);
        _graph.Run(options, binding);
        return new SafetyVerdict(answer[0], answer[0] ? 1 : 0);
    }

    private SafetyVerdict Measure(OrtIoBinding binding, RunOptions options)
    {
        using var score = new FloatTensor(_verdict.ElementType, 1);
        binding.BindOutput(_verdict.Name, score.Value);
        _graph.Run(options, binding);
        score.FromGraph();
        return new SafetyVerdict(score.Values[0] > 0, score.Values[0]);
    }

    public void Dispose() => _graph.Dispose();
}
