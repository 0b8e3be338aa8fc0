using Microsoft.ML.OnnxRuntime.Tensors;
using RenderFarm.Diffusion.Checkpoints;

namespace RenderFarm.Diffusion.Onnx;

/// <summary>What a graph takes and gives, in its own order, as a session or its file declares it.</summary>
/// <param name="File">Path of the graph's file, for error messages.</param>
/// <param name="Inputs">What it takes.</param>
/// <param name="Outputs">What it gives.</param>
internal sealed record GraphInterface(string File, IReadOnlyList<TensorSpec> Inputs, IReadOnlyList<TensorSpec> Outputs)
{
    /// <summary>
    /// Inputs that only choose how results are handed over, and are fed false: PyTorch's exporter leaves the keyword <c>return_dict</c> in some graphs.
    /// </summary>
    public IEnumerable<TensorSpec> Switches => Inputs.Where(input => input is { Name: "return_dict", ElementType: TensorElementType.Bool });

    /// <summary>The input of one of these names.</summary>
    /// <exception cref="CheckpointException">The graph has none; the message lists those it has.</exception>
    public TensorSpec Input(params ReadOnlySpan<string> names) => Find(Inputs, names) ?? throw Missing(Inputs, names[0], "input");

    /// <summary>The input of this name, or null.</summary>
    public TensorSpec? OptionalInput(string name) => Find(Inputs, name);

    /// <summary>The output of one of these names, or the only output when there is just one.</summary>
    /// <exception cref="CheckpointException">The graph has none; the message lists those it has.</exception>
    public TensorSpec Output(params ReadOnlySpan<string> names) =>
        Outputs.Count == 1 ? Outputs[0] : Find(Outputs, names) ?? throw Missing(Outputs, names[0], "output");

    /// <summary>The output of one of these names, or null.</summary>
    public TensorSpec? OptionalOutput(params ReadOnlySpan<string> names) => Find(Outputs, names);

    /// <summary>Fails when the graph wants an input that nobody here knows how to fill.</summary>
    /// <exception cref="CheckpointException">It does; the message names the input and those that are known.</exception>
    public void RequireOnly(params ReadOnlySpan<string> known)
    {
        foreach (var input in Inputs)
        {
            if (!known.Contains(input.Name) && !Switches.Contains(input))
                throw new CheckpointException(File, $"the graph has an unknown input '{input.Name}'; known are {string.Join(", ", known)}");
        }
    }

    private CheckpointException Missing(IReadOnlyList<TensorSpec> tensors, string name, string kind) =>
        new(File, $"the graph has no {kind} '{name}'; it has {string.Join(", ", tensors.Select(tensor => tensor.Name))}");

    private static TensorSpec? Find(IReadOnlyList<TensorSpec> tensors, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            foreach (var tensor in tensors)
            {
                if (tensor.Name == name) return tensor;
            }
        }

        return null;
    }
}
