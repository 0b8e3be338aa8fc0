namespace RenderFarm.Testing.Onnx.Networks;

/// <summary>
/// The demo checkpoint with another UNet: a random 1×1 convolution of all it is given, so that a kind that the demo is not renders in no time. The demo's VAE
/// has the factor 8, so that here an "×4" upscaler makes pictures eight times larger.
/// </summary>
public static class DemoWithUNet
{
    /// <summary>Writes the folder.</summary>
    /// <param name="folder">Where to; made if need be.</param>
    /// <param name="channels">Channels of <c>sample</c>: 9 for inpainting, 7 with a label for upscaling.</param>
    /// <param name="labelled">Whether it takes <c>class_labels</c>.</param>
    /// <returns>Its path.</returns>
    public static string Write(string folder, int channels, bool labelled)
    {
        foreach (var file in Directory.EnumerateFiles(Repository.DemoCheckpoint, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(Repository.DemoCheckpoint, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        var random = new Random(5);
        var graph = new OnnxFile().Input("sample", OnnxType.Float, "b", channels, "h", "w").Input("timestep", OnnxType.Float, "b")
            .Input("encoder_hidden_states", OnnxType.Float, "b", "s", "d").Output("out_sample", OnnxType.Float, "b", 4, "h", "w")
            .Constant("weights", [.. Enumerable.Range(0, 4 * channels).Select(_ => (float)(random.NextDouble() - 0.5))], 4, channels, 1, 1)
            .Node("Conv", ["sample", "weights"], [labelled ? "mixed" : "out_sample"]);
        if (labelled)
        {
            graph.Input("class_labels", OnnxType.Int64, "b").Constant("column", [-1L, 1, 1, 1], 4).Constant("small", [0.001f], 1)
                .Node("Cast", ["class_labels"], ["label"], OnnxFile.Attribute("to", (long)OnnxType.Float))
                .Node("Mul", ["label", "small"], ["label_small"]).Node("Reshape", ["label_small", "column"], ["label_column"])
                .Node("Add", ["mixed", "label_column"], ["out_sample"]);
        }

        graph.Save(Path.Combine(folder, "unet", "model.onnx"));
        return folder;
    }
}
