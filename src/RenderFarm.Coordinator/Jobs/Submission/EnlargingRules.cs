using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>What may be asked of a checkpoint that makes a picture larger, such as Stable Diffusion's ×4 upscaler; pure.</summary>
internal static class EnlargingRules
{
    /// <summary>The settings with the picture and its noise level. Such a checkpoint needs a picture, and makes all of it anew.</summary>
    public static SweepView Apply(SweepView sweep, SubmitJob request, JobPictures pictures, CheckpointDescription checkpoint, SettingsCheck check)
    {
        if (request.InitImage is null) check.Fault("init_image", null, $"A picture, because the checkpoint {checkpoint.Name} makes one {checkpoint.EnlargesBy} times larger.");
        Refuse("strength", request.Strength is { Values: [var only] } ? only : request.Strength?.Values.Count, checkpoint, check);
        Refuse("mask", request.Mask, checkpoint, check);
        Refuse("mask_blur", request.MaskBlur, checkpoint, check);
        Refuse("inpaint_area", request.InpaintArea, checkpoint, check);
        Refuse("inpaint_padding", request.InpaintPadding, checkpoint, check);
        Refuse("inpaint_fill", request.InpaintFill, checkpoint, check);
        Refuse("outpaint", request.Outpaint is { IsNone: false } margins ? margins : null, checkpoint, check);
        return sweep with
        {
            InitImage = pictures.InitImage?.Digest,
            UpscaleNoiseLevel = check.Range("upscale_noise_level", request.UpscaleNoiseLevel, 0, RenderLimits.MaxUpscaleNoiseLevel, PictureDefaults.UpscaleNoiseLevel),
        };
    }

    private static void Refuse(string field, object? given, CheckpointDescription checkpoint, SettingsCheck check)
    {
        if (given is not null) check.Fault(field, given, $"Not with the checkpoint {checkpoint.Name}, which makes the whole of a picture {checkpoint.EnlargesBy} times larger.");
    }
}
