using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion.Onnx.Devices;

namespace RenderFarm.Diffusion.Onnx;

/// <summary>
/// A tensor that we see as float32 and the graph sees as whatever it declares (float32, float16 or int64), in the memory of its device. That memory stays
/// where it is for the life of the tensor, so it is bound once.
/// </summary>
internal sealed class FloatTensor : IDisposable
{
    private readonly DeviceMemory _memory;
    private readonly float[] _values;
    private readonly Float16[]? _halves;
    private readonly long[]? _integers;
    private readonly OrtValue[] _host;
    private readonly OrtValue[]? _device;

    /// <param name="type">Element type of the graph.</param>
    /// <param name="shape">Dimensions in C order; empty for a scalar.</param>
    public FloatTensor(TensorElementType type, params long[] shape)
        : this(DeviceMemory.Host, type, shape)
    {
    }

    /// <param name="memory">Where the graph reads and writes it.</param>
    /// <param name="type">Element type of the graph.</param>
    /// <param name="shape">Dimensions in C order; empty for a scalar.</param>
    /// <exception cref="InsufficientMemoryException">It does not fit on the device.</exception>
    public FloatTensor(DeviceMemory memory, TensorElementType type, params long[] shape)
    {
        _memory = memory;
        var length = checked((int)shape.Aggregate(1L, (product, dimension) => product * dimension));
        _values = GC.AllocateArray<float>(length, pinned: true);
        switch (type)
        {
            case TensorElementType.Float:
                _host = [OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _values.AsMemory(), shape)];
                break;
            case TensorElementType.Float16:
                _halves = GC.AllocateArray<Float16>(length, pinned: true);
                _host = [OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _halves.AsMemory(), shape)];
                break;
            case TensorElementType.Int64:
                _integers = GC.AllocateArray<long>(length, pinned: true);
                _host = [OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _integers.AsMemory(), shape)];
                break;
            default:
                throw new NotSupportedException($"A tensor of {type} cannot stand for floats; float32, float16 and int64 can.");
        }

        try
        {
            if (memory.Allocate(type, shape) is { } device) _device = [device];
        }
        catch
        {
            _host[0].Dispose();
            throw;
        }
    }

    /// <summary>What ONNX Runtime binds.</summary>
    public OrtValue Value => (_device ?? _host)[0];

    /// <summary>Our view, in C order. Call <see cref="ToGraph"/> after writing and <see cref="FromGraph"/> before reading.</summary>
    public Span<float> Values => _values;

    /// <summary>Converts our view into the graph's element type, and sends it to the device. Integers are truncated towards zero, as the field's tools do with fractional timesteps.</summary>
    public void ToGraph()
    {
        for (var i = 0; i < _halves?.Length; i++) _halves[i] = (Float16)_values[i];
        for (var i = 0; i < _integers?.Length; i++) _integers[i] = (long)_values[i];
        if (_device is not null) _memory.Copy(_host, _device);
    }

    /// <summary>Fetches the graph's elements from the device and converts them into our view.</summary>
    public void FromGraph()
    {
        if (_device is not null) _memory.Copy(_device, _host);
        for (var i = 0; i < _halves?.Length; i++) _values[i] = (float)_halves[i];
        for (var i = 0; i < _integers?.Length; i++) _values[i] = _integers[i];
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _device?[0].Dispose();
        _host[0].Dispose();
    }
}
