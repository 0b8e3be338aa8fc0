using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace RenderFarm.Diffusion.Onnx.Devices;

/// <summary>
/// Where the bound tensors of a session live. On the host they are our own arrays. Elsewhere they are allocated once on the device, so that their addresses
/// stay (a captured CUDA graph demands it) and what does not change between two calls is not sent again.
/// </summary>
/// <remarks>
/// Limitations: samplers compute on the host (docs/adr/0009-arithmetic-that-does-not-move.md), so latents and predictions cross at every turn, 64 KB a row
/// of 64×64 cells each way.
/// </remarks>
internal sealed class DeviceMemory : IDisposable
{
    private readonly OrtAllocator? _allocator;
    private readonly bool _isReachable;

    private DeviceMemory(OrtAllocator? allocator, bool isReachable)
    {
        _allocator = allocator;
        _isReachable = isReachable;
    }

    /// <summary>The host's memory, which the CPU's sessions use in place.</summary>
    public static DeviceMemory Host { get; } = new(null, isReachable: true);

    /// <summary>Memory of a session's device, apart from the host's arrays even where the device is the CPU.</summary>
    /// <param name="session">Frees the memory no earlier than this is disposed of.</param>
    /// <param name="place">Which memory.</param>
    public static DeviceMemory Of(InferenceSession session, OrtMemoryInfo place) =>
        new(new OrtAllocator(session, place), place.Name == OrtMemoryInfo.DefaultInstance.Name);

    /// <summary>Memory for a tensor; null on the host, whose arrays are bound as they are.</summary>
    /// <exception cref="InsufficientMemoryException">It does not fit.</exception>
    public OrtValue? Allocate(TensorElementType type, long[] shape)
    {
        if (_allocator is null) return null;
        try
        {
            return OrtValue.CreateAllocatedTensorValue(_allocator, type, shape);
        }
        catch (OnnxRuntimeException error) when (MemoryExhaustion.IsNamedIn(error.Message))
        {
            throw new InsufficientMemoryException(error.Message, error);
        }
    }

    /// <summary>Copies a tensor's content between the host and this memory; blocks until it is there.</summary>
    public void Copy(OrtValue[] from, OrtValue[] to)
    {
        // ONNX Runtime's own copy knows no way from the host to the host.
        if (_isReachable) from[0].GetTensorMutableRawData().CopyTo(to[0].GetTensorMutableRawData());
        else OrtEnv.Instance().CopyTensors(from, to, null);
    }

    /// <inheritdoc />
    public void Dispose() => _allocator?.Dispose();
}
