namespace RenderFarm.Testing.Onnx.Networks;

/// <summary>Gives a layer the numbers of one of its tensors.</summary>
/// <param name="name">PyTorch's name for it, for example <c>conv_in.weight</c>.</param>
/// <param name="shape">Its shape.</param>
public delegate float[] Weights(string name, long[] shape);

/// <summary>Where the weights of a test network come from.</summary>
public static class WeightSource
{
    /// <summary>Random weights that follow from a seed and each tensor's name, in the sizes that training begins with.</summary>
    public static Weights Random(int seed) => (name, shape) =>
    {
        var random = new Random(Hash(name, seed));
        var isNorm = name.EndsWith(".weight", StringComparison.Ordinal) && shape.Length == 1;
        var scale = shape.Length == 1 ? 0.1 : 1.5 / Math.Sqrt(shape.Skip(1).Aggregate(1L, (product, dimension) => product * dimension));
        var values = new float[shape.Aggregate(1L, (product, dimension) => product * dimension)];
        for (var i = 0; i < values.Length; i++) values[i] = (float)((((random.NextDouble() * 2) - 1) * scale) + (isNorm ? 1 : 0));
        return values;
    };

    /// <summary>Weights of a file; a layer of another shape is an error.</summary>
    public static Weights From(Safetensors file) => (name, shape) => file.Shape(name).SequenceEqual(shape) ? file.Floats(name)
        : throw new InvalidOperationException($"{name} is [{string.Join(',', file.Shape(name))}], not [{string.Join(',', shape)}].");

    // FNV-1a: string.GetHashCode differs from run to run.
    private static int Hash(string text, int seed) => unchecked((int)text.Aggregate(2166136261u ^ (uint)seed, (hash, letter) => (hash ^ letter) * 16777619u));
}
