namespace RenderFarm.Testing.Onnx.Networks;

/// <summary>
/// A safety checker in its exported shape that calls a picture unsafe when its red, after CLIP's preprocessing, is above its blue on average. Like the real one
/// it blackens what it calls unsafe.
/// </summary>
public sealed record SafetyNetwork(OnnxType FloatType = OnnxType.Float)
{
    /// <summary>Whether <c>has_nsfw_concepts</c> is how much redder it is, instead of yes or no.</summary>
    public bool GivesScore { get; init; }

    public OnnxFile Build()
    {
        var graph = new NetworkGraph((_, _) => throw new InvalidOperationException("It has no weights."));
        var clip = graph.Input("clip_input", FloatType, "batch", 3, 224, 224);
        var images = graph.Input("images", FloatType, "batch", "height", "width", 3);
        var colours = graph.Op("ReduceMean", [clip], OnnxFile.Attribute("axes", [2, 3]), OnnxFile.Attribute("keepdims", 0L));
        var redder = graph.Reshape(graph.MatMul(colours, graph.Constant([1, 0, -1], 3, 1)), -1);
        var flag = graph.Op("Greater", [redder, graph.Number(0)]);
        graph.Output(graph.Mul(images, graph.Reshape(graph.Cast(graph.Op("Not", [flag]), OnnxType.Float), -1, 1, 1, 1)), "out_images", FloatType, "batch", "height", "width", 3);
        graph.Output(GivesScore ? redder : flag, "has_nsfw_concepts", GivesScore ? FloatType : OnnxType.Bool, "batch");
        return graph.File;
    }
}
