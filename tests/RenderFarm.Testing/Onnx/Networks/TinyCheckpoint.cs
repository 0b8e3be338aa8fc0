using System.Globalization;

namespace RenderFarm.Testing.Onnx.Networks;

/// <summary>The exporters whose habits a tiny checkpoint can follow.</summary>
public enum TinyLayout
{
    Legacy,
    Optimum,
    Olive,
    Demo,
}

/// <summary>
/// A whole checkpoint folder with tiny networks of random weights: the real architecture of its kind, in the layout of an exporter. Pictures are 2 pixels a
/// latent cell; the tokenizer is the demo checkpoint's, with the pad token that the kind has.
/// </summary>
public sealed record TinyCheckpoint
{
    private const int VocabularySize = 840;
    private const int EndId = 839;

    public required UNetNetwork UNet { get; init; }

    /// <summary>One text encoder or two, with the pad token of their tokenizers.</summary>
    public required (ClipNetwork Network, string Pad, string Suffix)[] Encoders { get; init; }

    public VaeNetwork Vae { get; init; } = new([8, 8], Layers: 1, Groups: 4);

    public SafetyNetwork? Safety { get; init; }

    /// <summary>Members of scheduler_config.json beside the noise schedule.</summary>
    public string Scheduler { get; init; } = "\"_class_name\": \"DDIMScheduler\", \"steps_offset\": 1, \"set_alpha_to_one\": false, \"clip_sample\": false";

    /// <summary>Members of model_index.json.</summary>
    public string Index { get; init; } = "\"_class_name\": \"StableDiffusionPipeline\"";

    public int Seed { get; init; } = 1;

    public static TinyCheckpoint StableDiffusion1(TinyLayout layout = TinyLayout.Optimum) => Of(layout, 24, new ClipNetwork(24, 3, 4, VocabularySize, EndId));

    /// <summary>v-prediction, linear projections, a wider text encoder whose tokenizer pads with "!".</summary>
    public static TinyCheckpoint StableDiffusion2(TinyLayout layout = TinyLayout.Optimum)
    {
        var tiny = Of(layout, 1024, new ClipNetwork(1024, 1, 16, VocabularySize, EndId) { ExactGelu = true });
        return tiny with
        {
            UNet = tiny.UNet with { LinearProjection = true },
            Encoders = [tiny.Encoders[0] with { Pad = "!" }],
            Scheduler = tiny.Scheduler + ", \"prediction_type\": \"v_prediction\"",
        };
    }

    /// <summary>Two text encoders, the second with projection and pad token "!".</summary>
    public static TinyCheckpoint StableDiffusionXL(TinyLayout layout = TinyLayout.Optimum)
    {
        var first = Written(layout, new ClipNetwork(24, 3, 4, VocabularySize, EndId) { GivesLayers = true });
        var second = Written(layout, new ClipNetwork(16, 4, 4, VocabularySize, EndId) { GivesLayers = true, ExactGelu = true, Projection = 12 });
        return new TinyCheckpoint
        {
            UNet = Written(layout, new UNetNetwork([8, 16], [false, true], 4, 24 + 16, 4) { PooledWidth = 12, LinearProjection = true }),
            Encoders = [(first, "<|endoftext|>", ""), (second, "!", "_2")],
            Vae = Written(layout),
            Index = "\"_class_name\": \"StableDiffusionXLPipeline\", \"force_zeros_for_empty_prompt\": true",
        };
    }

    /// <summary>A UNet that takes the guidance scale as an input.</summary>
    public static TinyCheckpoint LatentConsistency(TinyLayout layout = TinyLayout.Optimum)
    {
        var tiny = StableDiffusion1(layout);
        return tiny with { UNet = tiny.UNet with { GuidanceWidth = 256 }, Scheduler = "\"_class_name\": \"LCMScheduler\"" };
    }

    /// <summary>Few steps without guidance.</summary>
    public static TinyCheckpoint Turbo(TinyLayout layout = TinyLayout.Optimum) =>
        StableDiffusionXL(layout) with { Scheduler = "\"_class_name\": \"EulerAncestralDiscreteScheduler\", \"timestep_spacing\": \"trailing\"" };

    /// <summary>Writes the folder.</summary>
    /// <returns>Its path.</returns>
    public string Write(string folder)
    {
        foreach (var (network, pad, suffix) in Encoders)
        {
            network.Build(WeightSource.Random(Seed + suffix.Length)).Save(Path.Combine(folder, $"text_encoder{suffix}", "model.onnx"));
            WriteTokenizer(Path.Combine(folder, $"tokenizer{suffix}"), pad);
        }

        UNet.Build(WeightSource.Random(Seed)).Save(Path.Combine(folder, "unet", "model.onnx"));
        Vae.BuildDecoder(WeightSource.Random(Seed)).Save(Path.Combine(folder, "vae_decoder", "model.onnx"));
        if (!Vae.DemoNames) Vae.BuildEncoder(WeightSource.Random(Seed)).Save(Path.Combine(folder, "vae_encoder", "model.onnx"));
        Safety?.Build().Save(Path.Combine(folder, "safety_checker", "model.onnx"));
        Text(folder, "model_index.json", $$"""{ {{Index}} }""");
        Text(folder, "scheduler/scheduler_config.json", $$"""{ {{Scheduler}}, "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012 }""");
        var guidance = UNet.GuidanceWidth > 0 ? UNet.GuidanceWidth.ToString(CultureInfo.InvariantCulture) : "null";
        Text(folder, "unet/config.json", $$"""{ "block_out_channels": [{{string.Join(", ", UNet.Widths)}}], "sample_size": 8, "time_cond_proj_dim": {{guidance}} }""");
        Text(folder, "vae_decoder/config.json", $$"""{ "block_out_channels": [{{string.Join(", ", Vae.Widths)}}], "scaling_factor": 0.5 }""");
        return folder;
    }

    private static TinyCheckpoint Of(TinyLayout layout, int textWidth, ClipNetwork encoder) => new()
    {
        UNet = Written(layout, new UNetNetwork([8, 16], [true, true], 4, textWidth, 4)),
        Encoders = [(Written(layout, encoder), "<|endoftext|>", "")],
        Vae = Written(layout),
    };

    private static UNetNetwork Written(TinyLayout layout, UNetNetwork unet) => layout switch
    {
        TinyLayout.Legacy => unet with { TimestepType = OnnxType.Int64 },
        TinyLayout.Optimum => unet with { TimestepType = OnnxType.Int64, TimestepShape = [] },
        TinyLayout.Olive => unet with { FloatType = OnnxType.Float16, TimestepType = OnnxType.Float16, HasReturnDict = true },
        _ => unet with { TextType = OnnxType.Float16, TimestepShape = [1], OutputName = "latent" },
    };

    private static ClipNetwork Written(TinyLayout layout, ClipNetwork encoder) => layout switch
    {
        TinyLayout.Legacy => encoder with { IdType = OnnxType.Int32 },
        TinyLayout.Optimum => encoder,
        TinyLayout.Olive => encoder with { IdType = OnnxType.Int32, FloatType = OnnxType.Float16 },
        _ => encoder with { IdType = OnnxType.Int32, DemoNames = true, FloatType = OnnxType.Float16 },
    };

    private static VaeNetwork Written(TinyLayout layout) => new([8, 8], Layers: 1, Groups: 4)
    {
        FloatType = layout == TinyLayout.Olive ? OnnxType.Float16 : OnnxType.Float,
        DemoNames = layout == TinyLayout.Demo,
    };

    private static void WriteTokenizer(string folder, string pad)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in new[] { "vocab.json", "merges.txt" }) File.Copy(Path.Combine(Repository.DemoCheckpoint, "tokenizer", file), Path.Combine(folder, file));
        Text(folder, "tokenizer_config.json", """{ "model_max_length": 77 }""");
        Text(folder, "special_tokens_map.json", $$"""{ "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": "{{pad}}" }""");
    }

    private static void Text(string folder, string file, string text)
    {
        var path = Path.Combine(folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
