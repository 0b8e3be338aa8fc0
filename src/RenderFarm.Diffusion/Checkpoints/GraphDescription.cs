using System.Text;
using RenderFarm.Diffusion.Onnx;

namespace RenderFarm.Diffusion.Checkpoints;

/// <summary>One input or output of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ElementType">Its element type, for example <c>Float16</c>.</param>
/// <param name="Dimensions">Its dimensions; −1 where the graph leaves them open. Empty for a scalar.</param>
public sealed record TensorDescription(string Name, string ElementType, IReadOnlyList<int> Dimensions)
{
    /// <inheritdoc />
    public override string ToString() => $"{Name} {ElementType} [{string.Join(", ", Dimensions.Select(length => length < 0 ? "?" : FormattableString.Invariant($"{length}")))}]";
}

/// <summary>One graph of a checkpoint, as its file declares it.</summary>
/// <param name="Component">Its folder, for example <c>unet</c>.</param>
/// <param name="Inputs">What it takes.</param>
/// <param name="Outputs">What it gives.</param>
public sealed record GraphDescription(string Component, IReadOnlyList<TensorDescription> Inputs, IReadOnlyList<TensorDescription> Outputs)
{
    internal static GraphDescription Of(string component, GraphInterface graph) => new(component, Tensors(graph.Inputs), Tensors(graph.Outputs));

    /// <inheritdoc />
    public override string ToString()
    {
        var text = new StringBuilder(Component);
        foreach (var input in Inputs) text.Append("\n  takes ").Append(input);
        foreach (var output in Outputs) text.Append("\n  gives ").Append(output);
        return text.ToString();
    }

    private static TensorDescription[] Tensors(IReadOnlyList<TensorSpec> tensors) =>
        [.. tensors.Select(tensor => new TensorDescription(tensor.Name, tensor.ElementType.ToString(), tensor.Dimensions))];
}
