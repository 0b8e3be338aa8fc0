using Microsoft.ML.OnnxRuntime;
using RenderFarm.Diffusion.Onnx;

namespace RenderFarm.Diffusion.Denoising.UNetCalls;

/// <summary>The memory of a UNet call: one tensor for each input and output of the graph.</summary>
/// <param name="Sample">[N, C + extra channels, h, w].</param>
/// <param name="Timestep">[N], [1] or a scalar.</param>
/// <param name="Text">[N, tokens, width].</param>
/// <param name="Prediction">[N, C, h, w].</param>
internal sealed record UNetTensors(
    (string Name, FloatTensor Tensor) Sample, (string Name, FloatTensor Tensor) Timestep, RowInput Text, (string Name, FloatTensor Tensor) Prediction)
    : IDisposable
{
    /// <summary>[N, pooled width], where the graph takes it.</summary>
    public RowInput? Pooled { get; init; }

    /// <summary>[N, 6], where the graph takes it.</summary>
    public RowInput? TimeIds { get; init; }

    /// <summary>[N, 256], where the graph takes it.</summary>
    public RowInput? GuidanceEmbedding { get; init; }

    /// <summary>[N], where the graph takes it.</summary>
    public RowInput? ClassLabel { get; init; }

    private RowInput?[] RowInputs => _rowInputs ??= [Text, Pooled, TimeIds, GuidanceEmbedding, ClassLabel];

    private RowInput?[]? _rowInputs;

    public void BindTo(OrtIoBinding binding)
    {
        binding.BindInput(Sample.Name, Sample.Tensor.Value);
        binding.BindInput(Timestep.Name, Timestep.Tensor.Value);
        foreach (var input in RowInputs)
        {
            if (input is not null) binding.BindInput(input.Name, input.Tensor.Value);
        }

        binding.BindOutput(Prediction.Name, Prediction.Tensor.Value);
    }

    /// <summary>Brings what was written into the graph's element types. Allocates nothing.</summary>
    public void ToGraph()
    {
        Sample.Tensor.ToGraph();
        Timestep.Tensor.ToGraph();
        foreach (var input in RowInputs) input?.ToGraph();
    }

    public void Dispose()
    {
        Sample.Tensor.Dispose();
        Timestep.Tensor.Dispose();
        foreach (var input in RowInputs) input?.Dispose();
        Prediction.Tensor.Dispose();
    }
}
