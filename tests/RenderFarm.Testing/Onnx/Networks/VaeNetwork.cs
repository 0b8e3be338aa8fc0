namespace RenderFarm.Testing.Onnx.Networks;

/// <summary>Size of a VAE, and how an exporter writes it down.</summary>
/// <param name="Widths">Channels of each level; a picture is 2 to the power of (levels − 1) times as large as its latent.</param>
/// <param name="Layers">Residual blocks of a level of the encoder; the decoder has one more.</param>
/// <param name="Groups">Groups of group norms.</param>
public sealed record VaeNetwork(int[] Widths, int Layers, int Groups)
{
    private const int Latent = 4;
    private const float Epsilon = 1e-6f;

    public OnnxType FloatType { get; init; } = OnnxType.Float;

    /// <summary>Names of ONNX Runtime's demo exports: <c>latent</c> and <c>images</c>.</summary>
    public bool DemoNames { get; init; }

    /// <summary>Latent height and width of the decoder: numbers where they are fixed.</summary>
    public object[] LatentSides { get; init; } = ["height", "width"];

    /// <summary>Latent to picture, with <c>post_quant_conv</c> (diffusers' <c>AutoencoderKL.decode</c>).</summary>
    public OnnxFile BuildDecoder(Weights weights)
    {
        var graph = new NetworkGraph(weights);
        var blocks = new ResidualBlocks(graph, Groups, Epsilon);
        var latent = graph.Input(DemoNames ? "latent" : "latent_sample", FloatType, "batch", Latent, LatentSides[0], LatentSides[1]);
        var width = Widths[^1];
        var x = graph.Conv(graph.Conv(latent, "post_quant_conv", Latent, Latent, 1), "decoder.conv_in", Latent, width);
        x = Middle(blocks, x, "decoder", width);
        for (var block = 0; block < Widths.Length; block++)
        {
            var to = Widths[^(block + 1)];
            for (var i = 0; i <= Layers; i++) x = blocks.Block(x, $"decoder.up_blocks.{block}.resnets.{i}", i == 0 ? width : to, to);
            width = to;
            if (block < Widths.Length - 1) x = graph.Conv(graph.UpsampleTwice(x), $"decoder.up_blocks.{block}.upsamplers.0.conv", width, width);
        }

        x = graph.Silu(graph.GroupNorm(x, "decoder.conv_norm_out", width, Groups, Epsilon));
        graph.Output(graph.Conv(x, "decoder.conv_out", width, 3), DemoNames ? "images" : "sample", FloatType, "batch", 3, "image_height", "image_width");
        return graph.File;
    }

    /// <summary>Picture to mean and logarithm of the variance, with <c>quant_conv</c> (diffusers' <c>AutoencoderKL.encode</c>).</summary>
    public OnnxFile BuildEncoder(Weights weights)
    {
        var graph = new NetworkGraph(weights);
        var blocks = new ResidualBlocks(graph, Groups, Epsilon);
        var width = Widths[0];
        var x = graph.Conv(graph.Input("sample", FloatType, "batch", 3, "height", "width"), "encoder.conv_in", 3, width);
        for (var level = 0; level < Widths.Length; level++)
        {
            for (var i = 0; i < Layers; i++) x = blocks.Block(x, $"encoder.down_blocks.{level}.resnets.{i}", i == 0 ? width : Widths[level], Widths[level]);
            width = Widths[level];
            if (level < Widths.Length - 1) x = graph.Conv(x, $"encoder.down_blocks.{level}.downsamplers.0.conv", width, width, stride: 2, pads: [0, 0, 1, 1]);
        }

        x = graph.Silu(graph.GroupNorm(Middle(blocks, x, "encoder", width), "encoder.conv_norm_out", width, Groups, Epsilon));
        var parameters = graph.Conv(graph.Conv(x, "encoder.conv_out", width, 2 * Latent), "quant_conv", 2 * Latent, 2 * Latent, 1);
        graph.Output(parameters, "latent_parameters", FloatType, "batch", 2 * Latent, "latent_height", "latent_width");
        return graph.File;
    }

    private static string Middle(ResidualBlocks blocks, string x, string name, int width)
    {
        x = blocks.Block(x, $"{name}.mid_block.resnets.0", width, width);
        x = blocks.SelfAttention(x, $"{name}.mid_block.attentions.0", width);
        return blocks.Block(x, $"{name}.mid_block.resnets.1", width, width);
    }
}
