using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Text;

namespace RenderFarm.Diffusion.Denoising;

/// <summary>Buffers of UNet calls with one row count and shape, bound once. Not safe for concurrent use.</summary>
internal sealed class UNetCall : IDenoiserCall
{
    private readonly FloatTensor _sample;
    private readonly FloatTensor _timestep;
    private readonly FloatTensor _text;
    private readonly FloatTensor _prediction;
    private readonly PromptEmbedding?[] _placed;
    private readonly int _rowLength;
    private bool _textChanged;

    public UNetCall(
        OrtIoBinding binding,
        (string Name, FloatTensor Tensor) sample,
        (string Name, FloatTensor Tensor) timestep,
        (string Name, FloatTensor Tensor) text,
        (string Name, FloatTensor Tensor) prediction)
    {
        Binding = binding;
        (_sample, _timestep, _text, _prediction) = (sample.Tensor, timestep.Tensor, text.Tensor, prediction.Tensor);
        binding.BindInput(sample.Name, _sample.Value);
        binding.BindInput(timestep.Name, _timestep.Value);
        binding.BindInput(text.Name, _text.Value);
        binding.BindOutput(prediction.Name, _prediction.Value);
        var rows = (int)_sample.Value.GetTensorTypeAndShape().Shape[0];
        _placed = new PromptEmbedding?[rows];
        _rowLength = _sample.Values.Length / rows;
    }

    public OrtIoBinding Binding { get; }

    /// <inheritdoc />
    public Span<float> Sample(int row) => _sample.Values.Slice(row * _rowLength, _rowLength);

    /// <inheritdoc />
    public ReadOnlySpan<float> Prediction(int row) => _prediction.Values.Slice(row * _rowLength, _rowLength);

    /// <inheritdoc />
    public void SetTimestep(int row, float timestep) => _timestep.Values[Math.Min(row, _timestep.Values.Length - 1)] = timestep;

    /// <summary>Puts a prompt embedding into a row. Usually it is there already from the turn before, and nothing is copied.</summary>
    public void SetText(int row, PromptEmbedding embedding)
    {
        if (ReferenceEquals(_placed[row], embedding)) return;
        embedding.Values.CopyTo(_text.Values.Slice(row * embedding.Values.Length, embedding.Values.Length));
        _placed[row] = embedding;
        _textChanged = true;
    }

    public void ToGraph()
    {
        _sample.ToGraph();
        _timestep.ToGraph();
        if (_textChanged) _text.ToGraph();
        _textChanged = false;
    }

    public void FromGraph() => _prediction.FromGraph();

    public void Dispose()
    {
        Binding.Dispose();
        _sample.Dispose();
        _timestep.Dispose();
        _text.Dispose();
        _prediction.Dispose();
    }
}
