using RenderFarm.Diffusion.Sampling;

namespace RenderFarm.Diffusion.Checkpoints;

/// <summary>
/// A set of weights a user picks: a folder in the diffusers/Optimum ONNX layout. Opening one reads its small files and checks that the
/// large ones are there; <see cref="StableDiffusionPipeline.Load"/> loads those.
/// </summary>
public sealed class Checkpoint
{
    private Checkpoint(string folder, string name)
    {
        Folder = folder;
        Name = name;
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The name people pick it by: from the manifest, else the folder's name.</summary>
    public string Name { get; }

    /// <summary>What it renders with when nobody says otherwise.</summary>
    public CheckpointDefaults Defaults { get; private init; } = null!;

    /// <summary>The forward process it was trained with.</summary>
    public TrainingScheduleOptions Training { get; private init; } = null!;

    /// <summary>Latents are multiplied by this after encoding, and divided before decoding.</summary>
    public float VaeScale { get; private init; }

    /// <summary>Pixels per latent cell along each side.</summary>
    public int VaeFactor { get; private init; }

    /// <summary>Width and height must be multiples of this many pixels, or the UNet's skip connections do not meet.</summary>
    public int SideMultiple { get; private init; }

    /// <summary>Whether an empty negative prompt is zeros instead of its embedding: <c>force_zeros_for_empty_prompt</c> in model_index.json, false when absent.</summary>
    public bool ZeroesEmptyNegative { get; private init; }

    /// <summary>Channels that the UNet takes, as its configuration says; null where there is none.</summary>
    internal int? UNetChannels { get; private init; }

    /// <summary>Text encoders and their tokenizers, in the order of their columns: SDXL has two, its refiner only the second.</summary>
    internal IReadOnlyList<(string EncoderFile, string TokenizerFolder)> TextFolders
    {
        get
        {
            var (first, second) = (TextFolder(""), TextFolder("_2"));
            if (!Directory.Exists(Path.Combine(Folder, "text_encoder_2"))) return [first];
            return Directory.Exists(Path.Combine(Folder, "text_encoder")) ? [first, second] : [second];
        }
    }

    /// <summary>The safety checker's graph; null where the checkpoint brings none.</summary>
    internal string? SafetyCheckerFile => Path.Combine(Folder, "safety_checker", "model.onnx") is var file && File.Exists(file) ? file : null;

    internal string PreprocessorFile => Path.Combine(Folder, "feature_extractor", "preprocessor_config.json");

    internal string UNetFile => Path.Combine(Folder, "unet", "model.onnx");

    internal string VaeDecoderFile => Path.Combine(Folder, "vae_decoder", "model.onnx");

    /// <summary>The graph that gives mean and variance, if there is one: sampling them ourselves is what makes image to image reproducible.</summary>
    internal string VaeEncoderFile => Path.Combine(Folder, "vae_encoder", "model_parameters.onnx") is var parameters && File.Exists(parameters)
        ? parameters : Path.Combine(Folder, "vae_encoder", "model.onnx");

    /// <summary>Opens a checkpoint folder.</summary>
    /// <exception cref="CheckpointException">A file is missing, unreadable or of a kind this engine does not run; the message names it.</exception>
    public static Checkpoint Open(string folder)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (!Directory.Exists(folder)) throw new CheckpointException(folder, "there is no such folder");
        var index = JsonFile.Read(Path.Combine(folder, "model_index.json"));
        var scheduler = JsonFile.Read(Path.Combine(folder, "scheduler", "scheduler_config.json"));
        var unet = JsonFile.ReadIfThere(Path.Combine(folder, "unet", "config.json"));
        var vae = JsonFile.ReadIfThere(Path.Combine(folder, "vae_decoder", "config.json"));
        var manifest = JsonFile.ReadIfThere(Path.Combine(folder, "renderfarm.json"));
        var vaeFactor = 1 << ((vae?.Numbers("block_out_channels")?.Length ?? 4) - 1);

        var checkpoint = new Checkpoint(folder, manifest?.Text("name") ?? Path.GetFileName(folder))
        {
            VaeFactor = vaeFactor,
            VaeScale = (float)(vae?.Number("scaling_factor") ?? StandardVaeScale(folder, index)),
            SideMultiple = vaeFactor << ((unet?.Numbers("block_out_channels")?.Length ?? 4) - 1),
            ZeroesEmptyNegative = index.Flag("force_zeros_for_empty_prompt") ?? false,
            UNetChannels = unet?.Integer("in_channels"),
            Training = SchedulerConfig.Read(scheduler),
            Defaults = CheckpointDefaults.Read(folder, scheduler, unet, vaeFactor),
        };
        foreach (var file in (string[])[.. checkpoint.TextFolders.Select(text => text.EncoderFile), checkpoint.UNetFile, checkpoint.VaeDecoderFile])
        {
            if (!File.Exists(file)) throw new CheckpointException(file, "the file is missing" + WhatIsThere(folder, file));
        }

        return checkpoint;
    }

    /// <summary>What each family's VAE was published with, for exports that leave its configuration out.</summary>
    private static double StandardVaeScale(string folder, JsonFile index) =>
        Directory.Exists(Path.Combine(folder, "text_encoder_2")) ? 0.13025
        : index.Text("_class_name") is { } name && name.Contains("Upscale", StringComparison.Ordinal) ? 0.08333
        : 0.18215;

    /// <summary>A word for those who bring a checkpoint in another form, which is the commonest reason for a missing graph.</summary>
    private static string WhatIsThere(string folder, string file) =>
        Directory.Exists(Path.Combine(folder, "transformer")) ? "; the folder holds a transformer (Stable Diffusion 3, Flux), which this engine does not run"
        : Path.GetDirectoryName(file) is var component && Directory.Exists(component) && Directory.EnumerateFiles(component, "*.safetensors").Any()
            ? "; there are PyTorch weights, which optimum-cli export onnx turns into a graph" : "";

    private (string EncoderFile, string TokenizerFolder) TextFolder(string suffix) =>
        (Path.Combine(Folder, "text_encoder" + suffix, "model.onnx"), Path.Combine(Folder, "tokenizer" + suffix));
}
