using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Text;

namespace RenderFarm.Diffusion.Checkpoints;

/// <summary>Whether the graphs of one checkpoint fit each other, found out on loading instead of in the first image.</summary>
internal static class GraphFit
{
    /// <summary>Checks that the UNet is told what it wants to be told.</summary>
    /// <exception cref="CheckpointException">It is not; the message names the input and both widths.</exception>
    public static void Check(Checkpoint checkpoint, UNetLayout unet, PromptEncoder prompts)
    {
        if (unet.TextWidth is { } width && width != prompts.Width)
            throw new CheckpointException(checkpoint.UNetFile, $"it takes embeddings of width {width}, but the text encoder gives {prompts.Width}");
        if (prompts.MaxChunkCount < 1)
            throw new CheckpointException(checkpoint.UNetFile, $"it takes embeddings of {unet.Tokens} tokens, which is less than one chunk of a prompt");
        if (unet.Pooled is null) return;
        if (prompts.PooledWidth == 0)
        {
            throw new CheckpointException(
                checkpoint.TextFolders[^1].EncoderFile, $"the UNet takes '{unet.Pooled.Name}', but this encoder gives no text_embeds of a declared width");
        }

        if (UNetLayout.Fixed(unet.Pooled, 1) is { } pooled && pooled != prompts.PooledWidth)
            throw new CheckpointException(checkpoint.UNetFile, $"its input '{unet.Pooled.Name}' is {pooled} wide, but the text encoder gives {prompts.PooledWidth}");
        if (UNetLayout.Fixed(unet.TimeIds, 1) is { } ids and not (5 or 6))
            throw new CheckpointException(checkpoint.UNetFile, $"its input '{unet.TimeIds!.Name}' takes {ids} numbers; allowed: 6 (SDXL) or 5 (its refiner)");
    }

    /// <summary>The only size in pixels that the graphs take; null when both leave it open.</summary>
    /// <exception cref="CheckpointException">They insist on different ones.</exception>
    public static (int Width, int Height)? Size(Checkpoint checkpoint, UNetLayout unet, GraphInterface decoder)
    {
        var factor = checkpoint.VaeFactor;
        var latent = decoder.Input("latent_sample", "latent");
        var decoded = UNetLayout.Fixed(latent, 2) is { } height && UNetLayout.Fixed(latent, 3) is { } width ? (width * factor, height * factor) : ((int, int)?)null;
        var denoised = unet.Cells is { } cells ? (cells.Width * factor, cells.Height * factor) : ((int, int)?)null;
        if (decoded is { } a && denoised is { } b && a != b)
            throw new CheckpointException(decoder.File, $"it is made for images of {a.Item1}×{a.Item2} pixels, but the UNet for {b.Item1}×{b.Item2}");
        return denoised ?? decoded;
    }
}
