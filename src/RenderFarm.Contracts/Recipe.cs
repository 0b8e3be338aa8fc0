using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RenderFarm.Contracts;

/// <summary>
/// Everything that determines an image, with all defaults written out. Two equal recipes give the same image within one
/// <see cref="ExecutionProfile"/>, whoever renders them and however they are batched.
/// </summary>
/// <remarks>
/// The canonical JSON of a recipe (RFC 8785) is written into every image; its SHA-256 is the recipe id. A member that a later
/// schema adds is written only when it is not at its default, so ids never change.
/// </remarks>
public sealed record Recipe
{
    /// <summary>Version of this shape.</summary>
    public const int CurrentSchema = 1;

    /// <summary>Version of the shape this recipe was written in.</summary>
    [JsonPropertyName("schema")]
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>Digest of the checkpoint: <c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
    [JsonPropertyName("checkpoint")]
    public required string Checkpoint { get; init; }

    /// <summary>What the image should show. May be empty.</summary>
    [JsonPropertyName("prompt")]
    public required string Prompt { get; init; }

    /// <summary>What guidance leads away from. Empty means the empty prompt.</summary>
    [JsonPropertyName("negative_prompt")]
    public string NegativePrompt { get; init; } = "";

    /// <summary>How prompts are read: a1111 or plain. Always written, because the same prompt means another image.</summary>
    [JsonPropertyName("prompt_syntax")]
    public required string PromptSyntax { get; init; }

    /// <summary>Layer of the text encoder, counted from its end as A1111 counts; null for its default, 1, which is the last.</summary>
    [JsonPropertyName("clip_skip")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ClipSkip { get; init => field = value == 1 ? null : value; }

    /// <summary>0…2³²−1: torch's generator looks at no more bits.</summary>
    [JsonPropertyName("seed")]
    public required uint Seed { get; init; }

    /// <summary>Width in pixels.</summary>
    [JsonPropertyName("width")]
    public required int Width { get; init; }

    /// <summary>Height in pixels.</summary>
    [JsonPropertyName("height")]
    public required int Height { get; init; }

    /// <summary>Step count N of the sampler, 1…1000. Some samplers evaluate the UNet more often than N times.</summary>
    [JsonPropertyName("steps")]
    public required int Steps { get; init; }

    /// <summary>One of <see cref="Samplers.All"/>.</summary>
    [JsonPropertyName("sampler")]
    public required string Sampler { get; init; }

    /// <summary>One of <see cref="NoiseSchedules.All"/>.</summary>
    [JsonPropertyName("noise_schedule")]
    public required string NoiseSchedule { get; init; }

    /// <summary>One of <see cref="TimestepSpacings.All"/>.</summary>
    [JsonPropertyName("timestep_spacing")]
    public required string TimestepSpacing { get; init; }

    /// <summary>Stochasticity η of DDIM, 0…1. 0 for every other sampler.</summary>
    [JsonPropertyName("eta")]
    public double Eta { get; init; }

    /// <summary>Classifier-free guidance weight. Guidance runs only when it is greater than 1.</summary>
    [JsonPropertyName("guidance_scale")]
    public required double GuidanceScale { get; init; }

    /// <summary>Guidance rescale φ of Lin et al. 2023, 0…1; default 0, off.</summary>
    [JsonPropertyName("guidance_rescale")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double GuidanceRescale { get; init; }

    /// <summary>Fraction of the UNet evaluations after which guidance begins, 0…1; default 0.</summary>
    [JsonPropertyName("guidance_start")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double GuidanceStart { get; init; }

    /// <summary>Fraction of the UNet evaluations after which guidance ends, from guidance_start on; null for its default, 1.</summary>
    [JsonPropertyName("guidance_end")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? GuidanceEnd { get; init => field = value == 1 ? null : value; }

    /// <summary>Seed of the noise that the first noise is led towards, 0…2³²−1; default 0.</summary>
    [JsonPropertyName("variation_seed")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public uint VariationSeed { get; init; }

    /// <summary>How far it is led there, 0…1; default 0, not at all.</summary>
    [JsonPropertyName("variation_strength")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double VariationStrength { get; init; }

    /// <summary>Digest of the picture to begin from, as <see cref="InputDigest"/> describes it; null for text to image.</summary>
    [JsonPropertyName("init_image")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? InitImage { get; init; }

    /// <summary>How much of the picture is given up, 0…1; null for its default, <see cref="PictureDefaults.Strength"/>.</summary>
    [JsonPropertyName("strength")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Strength { get; init => field = value == PictureDefaults.Strength ? null : value; }

    /// <summary>Digest of the mask: white is repainted, black is kept; null for the whole picture.</summary>
    [JsonPropertyName("mask")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Mask { get; init; }

    /// <summary>Standard deviation in pixels of the blur that softens the mask's edge, 0…64; null for its default, <see cref="PictureDefaults.MaskBlur"/>.</summary>
    [JsonPropertyName("mask_blur")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MaskBlur { get; init => field = value == PictureDefaults.MaskBlur ? null : value; }

    /// <summary>One of <see cref="InpaintAreas.All"/>; null for its default, whole.</summary>
    [JsonPropertyName("inpaint_area")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? InpaintArea { get; init => field = value == InpaintAreas.Whole ? null : value; }

    /// <summary>Pixels around the mask that are worked on with it, 0…512; null for its default, <see cref="PictureDefaults.InpaintPadding"/>.</summary>
    [JsonPropertyName("inpaint_padding")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? InpaintPadding { get; init => field = value == PictureDefaults.InpaintPadding ? null : value; }

    /// <summary>One of <see cref="InpaintFills.All"/>; null for its default, original.</summary>
    [JsonPropertyName("inpaint_fill")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? InpaintFill { get; init => field = value == InpaintFills.Original ? null : value; }

    /// <summary>Pixels to add around the picture; null for none.</summary>
    [JsonPropertyName("outpaint")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OutpaintMargins? Outpaint { get; init => field = value is { IsNone: true } ? null : value; }

    /// <summary>Noise level at which an upscaling checkpoint sees the picture to begin from, a timestep, 0…350; null for other checkpoints, always written for these.</summary>
    [JsonPropertyName("upscale_noise_level")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? UpscaleNoiseLevel { get; init; }

    /// <summary>A second pass at a larger size; null for none.</summary>
    [JsonPropertyName("hires")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HiresPass? Hires { get; init => field = value is { Scale: 1 } ? null : value; }

    /// <summary>One of <see cref="NoiseSources.All"/>.</summary>
    [JsonPropertyName("noise_source")]
    public string NoiseSource { get; init; } = NoiseSources.TorchCpu;

    /// <summary>One of <see cref="DeterminismClasses.All"/>.</summary>
    [JsonPropertyName("determinism")]
    public string Determinism { get; init; } = DeterminismClasses.Reproducible;

    /// <summary>The canonical JSON of this recipe (RFC 8785).</summary>
    /// <exception cref="ArgumentException">A text holds an unpaired surrogate, or a number is not finite.</exception>
    public string ToCanonicalJson() => CanonicalJson.Write(JsonSerializer.SerializeToElement(this, RecipeJsonContext.Default.Recipe));

    /// <summary>SHA-256 of the canonical JSON's UTF-8 bytes, in lower-case hexadecimal digits.</summary>
    public string Id() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ToCanonicalJson())));

    /// <summary>Reads a recipe back from its JSON, as found in an image.</summary>
    /// <exception cref="FormatException">The text is not a recipe, or one of a schema this program does not know.</exception>
    public static Recipe FromJson(string json)
    {
        Recipe? recipe;
        try
        {
            recipe = JsonSerializer.Deserialize(json, RecipeJsonContext.Default.Recipe);
        }
        catch (JsonException error)
        {
            throw new FormatException($"This is not a recipe: {error.Message}", error);
        }

        return recipe switch
        {
            null => throw new FormatException("This is not a recipe: it is null."),
            { Schema: not CurrentSchema } => throw new FormatException(
                $"This recipe has schema {recipe.Schema}; this program reads schema {CurrentSchema}. A newer RenderFarm is needed."),
            _ => recipe,
        };
    }
}

/// <summary>Recipe reading is strict: a member we do not know would change the image, so it must not be ignored.</summary>
[JsonSerializable(typeof(Recipe))]
[JsonSourceGenerationOptions(UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false)]
internal sealed partial class RecipeJsonContext : JsonSerializerContext;
