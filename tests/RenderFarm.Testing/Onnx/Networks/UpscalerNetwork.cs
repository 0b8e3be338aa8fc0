namespace RenderFarm.Testing.Onnx.Networks;

/// <summary>Upscalers as tiny graphs: a convolution to 3·s² channels, then depth to space.</summary>
public static class UpscalerNetwork
{
    /// <summary>Every pixel becomes a square: a 1×1 convolution that copies each colour s² times.</summary>
    public static OnnxFile Repeating(int scale, OnnxType type = OnnxType.Float, int? side = null)
    {
        var weights = new float[3 * scale * scale * 3];
        for (var k = 0; k < 3 * scale * scale; k++) weights[(k * 3) + (k % 3)] = 1;
        return Graph(scale, type, weights, 1, side);
    }

    /// <summary>A 5×5 convolution of random weights that add up to about a half.</summary>
    public static OnnxFile Random(int scale, int seed = 3)
    {
        var random = new Random(seed);
        return Graph(scale, OnnxType.Float, [.. Enumerable.Range(0, 3 * scale * scale * 3 * 25).Select(_ => (float)random.NextDouble() / 75)], 5, null);
    }

    private static OnnxFile Graph(int scale, OnnxType type, float[] weights, int kernel, int? side)
    {
        object[] small = [1, 3, side is null ? "h" : side, side is null ? "w" : side];
        object[] large = [1, 3, side is null ? "H" : side * scale, side is null ? "W" : side * scale];
        return new OnnxFile().Input("image", type, small).Output("large", type, large)
            .Constant("weights", weights, 3 * scale * scale, 3, kernel, kernel)
            .Node("Cast", ["image"], ["image32"], OnnxFile.Attribute("to", (long)OnnxType.Float))
            .Node("Conv", ["image32", "weights"], ["deep"], OnnxFile.Attribute("pads", [kernel / 2, kernel / 2, kernel / 2, kernel / 2]))
            .Node("DepthToSpace", ["deep"], ["large32"], OnnxFile.Attribute("blocksize", scale))
            .Node("Cast", ["large32"], ["large"], OnnxFile.Attribute("to", (long)type));
    }
}
