using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion.Checkpoints;

namespace RenderFarm.Diffusion.Onnx;

/// <summary>
/// One loaded graph of a checkpoint. Names, ranks and element types are read from the graph, never assumed. Running it is thread-safe.
/// </summary>
internal sealed class OnnxGraph : IDisposable
{
    private readonly InferenceSession _session;

    private readonly DeviceMemory _memory;

    private OnnxGraph(string file, InferenceSession session, DeviceMemory memory)
    {
        File = file;
        _session = session;
        _memory = memory;
        Inputs = Describe(session.InputMetadata);
        Outputs = Describe(session.OutputMetadata);
    }

    /// <summary>Path of the graph's file, for error messages.</summary>
    public string File { get; }

    /// <summary>What the graph takes, in its own order.</summary>
    public IReadOnlyList<TensorSpec> Inputs { get; }

    /// <summary>What the graph gives, in its own order.</summary>
    public IReadOnlyList<TensorSpec> Outputs { get; }

    /// <summary>Loads a graph from its path (external weights are resolved beside it).</summary>
    /// <exception cref="CheckpointException">The file is missing or ONNX Runtime cannot read it.</exception>
    public static OnnxGraph Load(string file, OnnxSessionFactory sessions)
    {
        if (!System.IO.File.Exists(file)) throw new CheckpointException(file, "the file is missing");
        ExternalWeights.Check(file, sessions.AllowHardLinks);
        try
        {
            var session = sessions.Open(file);
            return new OnnxGraph(file, session, sessions.MemoryOf(session));
        }
        catch (OnnxRuntimeException error)
        {
            throw new CheckpointException(file, $"ONNX Runtime cannot load it ({FirstLine(error.Message)})", error);
        }
    }

    /// <summary>The input of this name.</summary>
    /// <exception cref="CheckpointException">The graph has none; the message lists those it has.</exception>
    public TensorSpec Input(string name) => Find(Inputs, name, "input");

    /// <summary>The output of this name, or the only output when there is just one.</summary>
    /// <exception cref="CheckpointException">The graph has none; the message lists those it has.</exception>
    public TensorSpec Output(string name) => Outputs.Count == 1 ? Outputs[0] : Find(Outputs, name, "output");

    /// <summary>Fails when the graph wants an input that nobody here knows how to fill.</summary>
    public void RequireOnly(params string[] known)
    {
        foreach (var input in Inputs)
        {
            if (!known.Contains(input.Name, StringComparer.Ordinal))
                throw new CheckpointException(File, $"the graph has an unknown input '{input.Name}'; known are {string.Join(", ", known)}");
        }
    }

    /// <summary>A tensor in the memory that the graph runs in, to be bound once and used many times.</summary>
    /// <exception cref="InsufficientMemoryException">It does not fit.</exception>
    public FloatTensor Tensor(TensorElementType type, params long[] shape) => new(_memory, type, shape);

    /// <summary>Buffers and addresses for one shape of call, bound once and used many times.</summary>
    public OrtIoBinding Bind() => _session.CreateIoBinding();

    /// <summary>Runs the graph over bound buffers; blocks until it has finished or <see cref="RunOptions.Terminate"/> ended it.</summary>
    /// <exception cref="InsufficientMemoryException">The device's memory does not hold what the graph needs for these shapes.</exception>
    /// <exception cref="OnnxRuntimeException">It failed for another reason, or was ended.</exception>
    public void Run(RunOptions options, OrtIoBinding binding)
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
    }

    private static TensorSpec[] Describe(IReadOnlyDictionary<string, NodeMetadata> tensors) =>
        [.. tensors.Where(tensor => tensor.Value.IsTensor)
            .Select(tensor => new TensorSpec(tensor.Key, tensor.Value.ElementDataType, tensor.Value.Dimensions))];

    private TensorSpec Find(IReadOnlyList<TensorSpec> tensors, string name, string kind) =>
        tensors.FirstOrDefault(tensor => tensor.Name == name)
        ?? throw new CheckpointException(File, $"the graph has no {kind} '{name}'; it has {string.Join(", ", tensors.Select(tensor => tensor.Name))}");

    private static string FirstLine(string message) => message.Split('\n', 2)[0].Trim();
}
