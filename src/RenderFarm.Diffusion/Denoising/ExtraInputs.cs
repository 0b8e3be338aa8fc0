namespace RenderFarm.Diffusion.Denoising;

/// <summary>
/// What a UNet takes beside latent, timestep and prompt embedding. All rows of a call have the same set; a plain Stable Diffusion 1 or 2 graph has none.
/// </summary>
/// <param name="PooledWidth">Numbers of <c>text_embeds</c> a row (SDXL: 1,280); 0 where the graph has no such input.</param>
/// <param name="TimeIds">Numbers of <c>time_ids</c> a row (SDXL: 6, with an aesthetics score 5); 0 for none.</param>
/// <param name="GuidanceWidth">Numbers of <c>timestep_cond</c> a row (LCM: 256); 0 for none.</param>
/// <param name="Channels">Channels of <c>sample</c> behind the latent's own (inpainting: 5, ×4 upscaler: 3); 0 for none.</param>
/// <param name="HasClassLabel">Whether there is <c>class_labels</c>, one number a row (×4 upscaler: noise level).</param>
internal readonly record struct ExtraInputs(int PooledWidth, int TimeIds, int GuidanceWidth, int Channels, bool HasClassLabel)
{
    /// <inheritdoc />
    public override string ToString()
    {
        string?[] parts =
        [
            PooledWidth > 0 ? $"text_embeds[{PooledWidth}]" : null,
            TimeIds > 0 ? $"time_ids[{TimeIds}]" : null,
            GuidanceWidth > 0 ? $"timestep_cond[{GuidanceWidth}]" : null,
            Channels > 0 ? $"{Channels} channels beside the latent" : null,
            HasClassLabel ? "class_labels" : null,
        ];
        return parts.Any(part => part is not null) ? string.Join(", ", parts.Where(part => part is not null)) : "nothing";
    }
}
