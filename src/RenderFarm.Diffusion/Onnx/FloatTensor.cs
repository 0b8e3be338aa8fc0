using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace RenderFarm.Diffusion.Onnx;

/// <summary>
/// A tensor that we see as float32 and the graph sees as whatever it declares (float32, float16 or int64). The memory stays where it is for
/// the life of the tensor, so it is bound once.
/// </summary>
internal sealed class FloatTensor : IDisposable
{
    private readonly float[] _values;
    private readonly Float16[]? _halves;
    private readonly long[]? _integers;

    /// <param name="type">Element type of the graph.</param>
    /// <param name="shape">Dimensions in C order; empty for a scalar.</param>
    public FloatTensor(TensorElementType type, params long[] shape)
    {
        var length = checked((int)shape.Aggregate(1L, (product, dimension) => product * dimension));
        _values = GC.AllocateArray<float>(length, pinned: true);
        switch (type)
        {
            case TensorElementType.Float:
                Value = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _values.AsMemory(), shape);
                break;
            case TensorElementType.Float16:
                _halves = GC.AllocateArray<Float16>(length, pinned: true);
                Value = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _halves.AsMemory(), shape);
                break;
            case TensorElementType.Int64:
                _integers = GC.AllocateArray<long>(length, pinned: true);
                Value = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _integers.AsMemory(), shape);
                break;
            default:
                throw new NotSupportedException($"A tensor of {type} cannot stand for floats; float32, float16 and int64 can.");
        }
    }

    /// <summary>What ONNX Runtime binds.</summary>
    public OrtValue Value { get; }

    /// <summary>Our view, in C order. Call <see cref="ToGraph"/> after writing and <see cref="FromGraph"/> before reading.</summary>
    public Span<float> Values => _values;

    /// <summary>Converts our view into the graph's element type. Integers are truncated towards zero, as the field's tools do with fractional timesteps.</summary>
    public void ToGraph()
    {
        for (var i = 0; i < _halves?.Length; i++) _halves[i] = (Float16)_values[i];
        for (var i = 0; i < _integers?.Length; i++) _integers[i] = (long)_values[i];
    }

    /// <summary>Converts the graph's elements into our view.</summary>
    public void FromGraph()
    {
        for (var i = 0; i < _halves?.Length; i++) _values[i] = (float)_halves[i];
        for (var i = 0; i < _integers?.Length; i++) _values[i] = _integers[i];
    }

    /// <inheritdoc />
    public void Dispose() => Value.Dispose();
}
