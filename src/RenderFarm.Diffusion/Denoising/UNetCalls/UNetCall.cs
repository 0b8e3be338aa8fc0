using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Text;

namespace RenderFarm.Diffusion.Denoising.UNetCalls;

/// <summary>Buffers of UNet calls with one row count and shape, bound once. Not safe for concurrent use.</summary>
internal sealed class UNetCall : IDenoiserCall
{
    private readonly UNetTensors _tensors;
    private readonly int _latentLength;
    private readonly int _sampleLength;
    private readonly Conditioning?[] _placed;
    private readonly PromptEmbedding?[] _placedText;

    /// <param name="binding">Of the graph; owned from now on.</param>
    /// <param name="tensors">One for each input and output; owned from now on.</param>
    /// <param name="rows">Rows of the call.</param>
    public UNetCall(OrtIoBinding binding, UNetTensors tensors, int rows)
    {
        Binding = binding;
        _tensors = tensors;
        tensors.BindTo(binding);
        _latentLength = tensors.Prediction.Tensor.Values.Length / rows;
        _sampleLength = tensors.Sample.Tensor.Values.Length / rows;
        _placed = new Conditioning?[rows];
        _placedText = new PromptEmbedding?[rows];
    }

    public OrtIoBinding Binding { get; }

    /// <inheritdoc />
    public Span<float> Sample(int row) => _tensors.Sample.Tensor.Values.Slice(row * _sampleLength, _latentLength);

    /// <inheritdoc />
    public ReadOnlySpan<float> Prediction(int row) => _tensors.Prediction.Tensor.Values.Slice(row * _latentLength, _latentLength);

    /// <inheritdoc />
    public void SetTimestep(int row, float timestep)
    {
        var timesteps = _tensors.Timestep.Tensor.Values;
        timesteps[Math.Min(row, timesteps.Length - 1)] = timestep;
    }

    /// <summary>Usually the row holds it already from the turn before, and nothing is copied.</summary>
    public void SetConditioning(int row, Conditioning conditioning)
    {
        if (ReferenceEquals(_placed[row], conditioning)) return;
        // Images that differ in a size or a mask still share the embedding of their prompt, which is by far the largest part.
        if (!ReferenceEquals(_placedText[row], conditioning.Text)) _tensors.Text.Set(row, conditioning.Text.Values);
        _tensors.Pooled?.Set(row, conditioning.Pooled);
        _tensors.TimeIds?.Set(row, conditioning.TimeIds);
        _tensors.GuidanceEmbedding?.Set(row, conditioning.GuidanceEmbedding);
        _tensors.ClassLabel?.Set(row, [conditioning.ClassLabel ?? throw new ArgumentException("The graph takes a class label.", nameof(conditioning))]);
        var channels = _tensors.Sample.Tensor.Values.Slice((row * _sampleLength) + _latentLength, _sampleLength - _latentLength);
        if (conditioning.Channels.Length != channels.Length)
            throw new ArgumentException($"'sample' takes {channels.Length} numbers beside the latent, not {conditioning.Channels.Length}.", nameof(conditioning));
        conditioning.Channels.CopyTo(channels);
        (_placed[row], _placedText[row]) = (conditioning, conditioning.Text);
    }

    public void ToGraph() => _tensors.ToGraph();

    public void FromGraph() => _tensors.Prediction.Tensor.FromGraph();

    public void Dispose()
    {
        Binding.Dispose();
        _tensors.Dispose();
    }
}
