using RenderFarm.Diffusion.Text;

namespace RenderFarm.Diffusion.Denoising;

/// <summary>What a request tells the rows of its image: prompts, and whatever else this checkpoint's UNet takes. Safe for concurrent use.</summary>
/// <param name="prompts">The text encoders; owned from now on.</param>
/// <param name="unet">What the UNet takes.</param>
/// <param name="zeroesEmptyNegative">
/// Whether an empty negative prompt is zeros instead of its embedding: <c>force_zeros_for_empty_prompt</c> in model_index.json, which SDXL sets.
/// </param>
internal sealed class ConditioningEncoder(PromptEncoder prompts, UNetLayout unet, bool zeroesEmptyNegative) : IDisposable
{
    private const int GuidanceWidth = 256;
    private const float AestheticScore = 6;
    private const float NegativeAestheticScore = 2.5f;

    /// <summary>Whether the UNet takes the guidance scale as an input, and so never needs a guidance row.</summary>
    public bool EmbedsGuidance => unet.Guidance is not null;

    /// <summary>Whether an image takes guidance rows, in so many turns.</summary>
    public bool IsGuided(GuidanceSettings guidance, int turns) => !EmbedsGuidance && guidance.IsOn(turns);

    /// <summary>Encodes a request for one size.</summary>
    /// <param name="request">Its prompts and how they are read.</param>
    /// <param name="guidance">Its guidance.</param>
    /// <param name="guided">Whether there is a guidance row: see <see cref="IsGuided"/>.</param>
    /// <param name="size">Pixels of the image.</param>
    /// <param name="channels">Channels behind the latent's, [extra, h, w]; null where the UNet takes none.</param>
    /// <param name="classLabel">Noise level of a ×4 upscaler; null for others.</param>
    /// <returns>What the image's rows are told; the negative one is null without a guidance row.</returns>
    /// <exception cref="GenerationException">The request cannot be encoded, or this checkpoint needs something that it does not bring.</exception>
    public (Conditioning Prompt, Conditioning? Negative) Encode(
        GenerationRequest request, GuidanceSettings guidance, bool guided, (int Width, int Height) size, float[]? channels = null, int? classLabel = null)
    {
        Check(guidance, channels, classLabel);
        var style = new PromptStyle(request.PromptSyntax, request.ClipSkip);
        var (prompt, negative) = prompts.Encode(request.Prompt, guided ? request.NegativePrompt : null, style);
        if (zeroesEmptyNegative && request.NegativePrompt.Length == 0) negative = negative?.Zeros();
        return (Tell(prompt, AestheticScore), negative is null ? null : Tell(negative, NegativeAestheticScore));

        Conditioning Tell(PromptEmbedding text, float score) => new(text)
        {
            Pooled = unet.Pooled is null ? [] : text.Pooled,
            TimeIds = TimeIds(size, score),
            GuidanceEmbedding = unet.Guidance is null ? [] : GuidanceEmbedding.Of(guidance.Scale, UNetLayout.Fixed(unet.Guidance, 1) ?? GuidanceWidth),
            Channels = channels ?? [],
            ClassLabel = classLabel,
        };
    }

    /// <summary>
    /// SDXL's micro-conditioning (Podell et al. 2023, section 2.2): original size, crop and target size; a refiner has an aesthetic score in place of the
    /// target size. An image here is whole and as large as asked, so both sizes are its own and nothing is cropped; the scores are diffusers' defaults.
    /// </summary>
    private float[] TimeIds((int Width, int Height) size, float score) => unet.TimeIds is null ? []
        : UNetLayout.Fixed(unet.TimeIds, 1) == 5 ? [size.Height, size.Width, 0, 0, score]
        : [size.Height, size.Width, 0, 0, size.Height, size.Width];

    private void Check(GuidanceSettings guidance, float[]? channels, int? classLabel)
    {
        if (EmbedsGuidance && (guidance.Rescale > 0 || guidance.Start > 0 || guidance.End < 1))
        {
            throw Refused(FormattableString.Invariant(
                $"guidance_rescale is {guidance.Rescale} and guidance runs from {guidance.Start} to {guidance.End} of the turns; this checkpoint takes the guidance scale as an input of its UNet, so only 0 and 0…1 are allowed"));
        }

        if (unet.ExtraChannels > 0 && channels is null)
            throw Refused($"initial_image is missing; this checkpoint's UNet takes {unet.ExtraChannels} channels of a picture beside the latent");
        if (unet.ClassLabels is not null && classLabel is null)
            throw Refused("initial_image is missing; this checkpoint's UNet takes the noise level of a picture (class_labels)");
    }

    private static GenerationException Refused(string reason) => new(GenerationError.BadRequest, reason + ".");

    public void Dispose() => prompts.Dispose();
}
