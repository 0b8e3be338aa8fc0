using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Onnx.Devices;
using RenderFarm.Diffusion.Onnx.Weights;

namespace RenderFarm.Diffusion.Onnx;

/// <summary>
/// One loaded graph of a checkpoint. Names, ranks and element types are read from the graph, never assumed. Running it is thread-safe.
/// </summary>
internal sealed class OnnxGraph : IDisposable
{
    private readonly InferenceSession _session;
    private readonly (string Name, OrtValue Off)[] _switches;
    private readonly DeviceMemory _memory;
    private readonly SideCalls? _sideCalls;

    private OnnxGraph(string file, InferenceSession session, DeviceMemory memory, SideCalls? sideCalls)
    {
        _session = session;
        _memory = memory;
        _sideCalls = sideCalls;
        Interface = new GraphInterface(file, Describe(session.InputMetadata), Describe(session.OutputMetadata));
        _switches = [.. Interface.Switches.Select(input => (input.Name, OrtValue.CreateTensorValueFromMemory(new bool[1], [.. input.Dimensions.Select(_ => 1L)])))];
    }

    /// <summary>What the graph takes and gives.</summary>
    public GraphInterface Interface { get; }

    /// <summary>Path of the graph's file, for error messages.</summary>
    public string File => Interface.File;

    /// <summary>What the graph takes, in its own order.</summary>
    public IReadOnlyList<TensorSpec> Inputs => Interface.Inputs;

    /// <summary>What the graph gives, in its own order.</summary>
    public IReadOnlyList<TensorSpec> Outputs => Interface.Outputs;

    /// <summary>Loads a graph from its path (external weights are resolved beside it).</summary>
    /// <exception cref="CheckpointException">The file is missing or ONNX Runtime cannot read it.</exception>
    /// <exception cref="InsufficientMemoryException">Memory does not hold it beside what else is loaded, which is not the file's fault.</exception>
    public static OnnxGraph Load(string file, OnnxSessionFactory sessions)
    {
        if (!System.IO.File.Exists(file)) throw new CheckpointException(file, "the file is missing");
        ExternalWeights.Check(file, sessions.AllowHardLinks);
        try
        {
            var session = sessions.SideCalls is { } calls ? calls.Time(() => sessions.Open(file)) : sessions.Open(file);
            return new OnnxGraph(file, session, sessions.MemoryOf(session), sessions.SideCalls);
        }
        catch (OnnxRuntimeException error)
        {
            throw WhyNotLoaded(file, error);
        }
    }

    /// <summary>What ONNX Runtime's refusal to load a file means: that memory does not hold it, or else that the file is damaged.</summary>
    public static Exception WhyNotLoaded(string file, Exception error) => MemoryExhaustion.IsNamedIn(error.Message)
        ? new InsufficientMemoryException($"{file}: {FirstLine(error.Message)}", error)
        : new CheckpointException(file, $"ONNX Runtime cannot load it ({FirstLine(error.Message)})", error);

    /// <inheritdoc cref="GraphInterface.Input" />
    public TensorSpec Input(params ReadOnlySpan<string> names) => Interface.Input(names);

    /// <inheritdoc cref="GraphInterface.Output" />
    public TensorSpec Output(params ReadOnlySpan<string> names) => Interface.Output(names);

    /// <inheritdoc cref="GraphInterface.RequireOnly" />
    public void RequireOnly(params ReadOnlySpan<string> known) => Interface.RequireOnly(known);

    /// <summary>
    /// Buffers and addresses for one shape of call, bound once and used many times. Switches are bound already, all off; to be disposed before the graph.
    /// </summary>
    public OrtIoBinding Bind()
    {
        var binding = _session.CreateIoBinding();
        foreach (var (name, off) in _switches) binding.BindInput(name, off);
        return binding;
    }

    /// <summary>A tensor in the memory that the graph runs in, to be bound once and used many times.</summary>
    /// <exception cref="InsufficientMemoryException">It does not fit.</exception>
    public FloatTensor Tensor(TensorElementType type, params long[] shape) => new(_memory, type, shape);

    /// <summary>Runs the graph over bound buffers; blocks until it has finished or <see cref="RunOptions.Terminate"/> ended it.</summary>
    /// <exception cref="InsufficientMemoryException">The device's memory does not hold what the graph needs for these shapes, for a side call not even alone.</exception>
    /// <exception cref="OnnxRuntimeException">It failed for another reason, or was ended.</exception>
    public void Run(RunOptions options, OrtIoBinding binding)
    {
        if (_sideCalls is null) RunOnce(options, binding);
        else _sideCalls.Run(() => RunOnce(options, binding));
    }

    private void RunOnce(RunOptions options, OrtIoBinding binding)
    {
        try
        {
            _session.RunWithBinding(options, binding);
        }
        catch (OnnxRuntimeException error) when (MemoryExhaustion.IsNamedIn(error.Message))
        {
            throw new InsufficientMemoryException(error.Message, error);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _memory.Dispose();
        _session.Dispose();
        foreach (var (_, off) in _switches) off.Dispose();
    }

    private static TensorSpec[] Describe(IReadOnlyDictionary<string, NodeMetadata> tensors) =>
        [.. tensors.Where(tensor => tensor.Value.IsTensor)
            .Select(tensor => new TensorSpec(tensor.Key, tensor.Value.ElementDataType, tensor.Value.Dimensions))];

    private static string FirstLine(string message) => message.Split('\n', 2)[0].Trim();
}
