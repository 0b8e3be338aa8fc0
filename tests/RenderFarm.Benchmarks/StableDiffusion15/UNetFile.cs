namespace RenderFarm.Benchmarks.StableDiffusion15;

/// <summary>
/// A UNet with the architecture of Stable Diffusion 1.5 and random weights: 859,520,964 parameters, 3.4 GB in float32. It draws nothing and costs exactly what
/// the real one does.
/// </summary>
/// <remarks>
/// This implementation matches diffusers' <c>UNet2DConditionModel</c> with the configuration of Stable Diffusion 1.5: block channels 320, 640, 1280, 1280, two
/// layers a block, cross attention in all blocks but the deepest, 8 heads, text width 768.
/// </remarks>
internal static class UNetFile
{
    /// <summary>What the real one has, and this one is checked for.</summary>
    public const long Parameters = 859_520_964;

    private static readonly int[] Channels = [320, 640, 1280, 1280];

    /// <summary>Writes <c>model.onnx</c> and <c>weights.bin</c>.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="rows">Rows for which operations are counted.</param>
    /// <param name="side">Side of the latent for which operations are counted, a multiple of 8.</param>
    /// <returns>Floating-point operations of one evaluation, convolutions and matrix products alone.</returns>
    /// <exception cref="InvalidOperationException">The number of parameters is not that of Stable Diffusion 1.5.</exception>
    public static double Write(string folder, int rows, int side)
    {
        using var weights = new WeightFile(folder, "weights.bin", seed: 42);
        var graph = new GraphWriter(weights, rows);
        graph.Input("sample", "batch", 4, "height", "width");
        graph.Input("timestep", "batch");
        graph.Input("encoder_hidden_states", "batch", "sequence", UNetLayers.TextWidth);
        graph.Output("out_sample", "batch", 4, "height", "width");
        var layers = new UNetLayers(graph);
        var time = layers.Silu(TimeEmbedding(graph, layers));
        var skips = new Stack<Feature>();
        var feature = Down(layers, layers.Convolve(new Feature("sample", 4, side, side), Channels[0], 3), time, skips);
        feature = layers.Residual(feature, time, Channels[^1]);
        feature = layers.Attend(feature, "encoder_hidden_states");
        feature = layers.Residual(feature, time, Channels[^1]);
        feature = Up(graph, layers, feature, time, skips);
        feature = layers.Convolve(layers.Silu(layers.GroupNorm(feature, 1e-5f)), 4, 3);
        graph.Name(feature.Name, "out_sample");
        if (weights.Parameters != Parameters) throw new InvalidOperationException($"The graph has {weights.Parameters:N0} parameters, not {Parameters:N0}.");
        graph.Save(Path.Combine(folder, "model.onnx"));
        return graph.Operations;
    }

    /// <summary>Cosines and sines of the timestep at 160 wavelengths, through two layers: [rows, 1280].</summary>
    private static string TimeEmbedding(GraphWriter graph, UNetLayers layers)
    {
        var half = Channels[0] / 2;
        var frequencies = Enumerable.Range(0, half).Select(i => (float)Math.Exp(-Math.Log(10_000) * i / half)).ToArray();
        var column = graph.Node("Unsqueeze", ["timestep", graph.Integers(1)]);
        var angles = graph.Node("Mul", [column, graph.Constant(frequencies, 1, half)]);
        var waves = graph.Node("Concat", [graph.Node("Cos", [angles]), graph.Node("Sin", [angles])], GraphWriter.Attribute("axis", 1));
        var hidden = layers.Silu(layers.Linear(waves, graph.Rows, Channels[0], UNetLayers.TimeWidth));
        return layers.Linear(hidden, graph.Rows, UNetLayers.TimeWidth, UNetLayers.TimeWidth);
    }

    private static Feature Down(UNetLayers layers, Feature feature, string time, Stack<Feature> skips)
    {
        skips.Push(feature);
        for (var level = 0; level < Channels.Length; level++)
        {
            var deepest = level == Channels.Length - 1;
            for (var layer = 0; layer < 2; layer++)
            {
                feature = layers.Residual(feature, time, Channels[level]);
                if (!deepest) feature = layers.Attend(feature, "encoder_hidden_states");
                skips.Push(feature);
            }

            if (deepest) continue;
            feature = layers.Convolve(feature, Channels[level], 3, stride: 2);
            skips.Push(feature);
        }

        return feature;
    }

    private static Feature Up(GraphWriter graph, UNetLayers layers, Feature feature, string time, Stack<Feature> skips)
    {
        for (var level = Channels.Length - 1; level >= 0; level--)
        {
            for (var layer = 0; layer < 3; layer++)
            {
                var skip = skips.Pop();
                var joined = graph.Node("Concat", [feature.Name, skip.Name], GraphWriter.Attribute("axis", 1));
                feature = layers.Residual(feature with { Name = joined, Channels = feature.Channels + skip.Channels }, time, Channels[level]);
                if (level < Channels.Length - 1) feature = layers.Attend(feature, "encoder_hidden_states");
            }

            if (level == 0) continue;
            var larger = graph.Node(
                "Resize", [feature.Name, "", graph.Constant([1, 1, 2, 2], 4)], GraphWriter.Attribute("mode", "nearest"),
                GraphWriter.Attribute("coordinate_transformation_mode", "asymmetric"), GraphWriter.Attribute("nearest_mode", "floor"));
            feature = layers.Convolve(new Feature(larger, feature.Channels, 2 * feature.Height, 2 * feature.Width), feature.Channels, 3);
        }

        return feature;
    }
}
