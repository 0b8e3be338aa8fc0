using RenderFarm.Imaging;
using static RenderFarm.Diffusion.GenerationSettings;
using static RenderFarm.Diffusion.Pictures.PictureNames;

namespace RenderFarm.Diffusion.Pictures;

/// <summary>Which pictures a request may bring, and what may be asked to happen to them.</summary>
internal static class PictureChecks
{
    private const int MaxBlur = 64;
    private const int MaxPadding = 512;
    private const int MaxNoiseLevel = 350;

    /// <param name="request">The request.</param>
    /// <param name="settings">Its size.</param>
    /// <param name="upscaling">How many times a ×4 upscaler enlarges the initial image; null for other checkpoints.</param>
    /// <exception cref="GenerationException">A member is out of its range or does not fit another; the message names it and what is allowed.</exception>
    public static void Check(GenerationRequest request, GenerationSettings settings, int? upscaling)
    {
        Require(request.Strength is >= 0 and <= 1, "strength", request.Strength, "0…1");
        Require(request.MaskBlur is >= 0 and <= MaxBlur, "mask_blur", request.MaskBlur, $"0…{MaxBlur}");
        Require(Areas.Contains(request.InpaintArea), "inpaint_area", request.InpaintArea, string.Join(", ", Areas));
        Require(request.InpaintPadding is >= 0 and <= MaxPadding, "inpaint_padding", request.InpaintPadding, $"0…{MaxPadding}");
        Require(Fills.Contains(request.InpaintFill), "inpaint_fill", request.InpaintFill, string.Join(", ", Fills));
        Require(request.UpscaleNoiseLevel is >= 0 and <= MaxNoiseLevel, "upscale_noise_level", request.UpscaleNoiseLevel, $"0…{MaxNoiseLevel}");
        CheckPresence(request);
        if (upscaling is { } scale) CheckUpscaling(request, settings, scale);
        else CheckSizes(request, settings);
    }

    private static void CheckPresence(GenerationRequest request)
    {
        var pictured = request.InitialImage is not null;
        Require(pictured || request.Mask is null, "initial_image", "missing", "an image, because there is a mask");
        Require(pictured || request.Outpaint is null, "initial_image", "missing", "an image, because outpaint says how it grows");
        Require(
            request.Mask is not null || request.InpaintArea == Whole, "mask", "missing", $"an image, because inpaint_area is {request.InpaintArea}");
        Require(
            request.Mask is not null || request.Outpaint is not null || request.InpaintFill == Original, "mask", "missing",
            $"an image, because inpaint_fill is {request.InpaintFill}");
        Require(request.Outpaint is null || request.InpaintArea == Whole, "inpaint_area", request.InpaintArea, $"{Whole}, because the canvas grows (outpaint)");
    }

    /// <summary>To be called before the size is, because it may follow from the margins.</summary>
    /// <exception cref="GenerationException">A margin is none that the checkpoint can paint.</exception>
    public static void CheckMargins(GenerationRequest request, int sideMultiple)
    {
        if (request.Outpaint is not { } margins) return;
        foreach (var (member, value) in (ReadOnlySpan<(string, int)>)
            [("left", margins.Left), ("top", margins.Top), ("right", margins.Right), ("bottom", margins.Bottom)])
        {
            Require(value is >= 0 and <= ushort.MaxValue && value % sideMultiple == 0, $"outpaint.{member}", value, $"0 or a positive multiple of {sideMultiple}");
        }

        Require(margins.Columns + margins.Rows > 0, "outpaint", "0 on every side", "at least one margin greater than 0");
    }

    private static void CheckUpscaling(GenerationRequest request, GenerationSettings settings, int scale)
    {
        const string Because = "because this checkpoint enlarges a picture";
        Require(request.InitialImage is not null, "initial_image", "missing", $"an image, {Because}");
        Require(request.Mask is null, "mask", "given", $"none, {Because}");
        Require(request.Outpaint is null, "outpaint", "given", $"none, {Because}");
        CheckSize(
            "initial_image", request.InitialImage!, settings.Width / scale, settings.Height / scale,
            FormattableString.Invariant($"the size of the image to be made divided by {scale}"));
    }

    private static void CheckSizes(GenerationRequest request, GenerationSettings settings)
    {
        if (request.InitialImage is not { } image) return;
        if (request.Outpaint is { } margins)
        {
            CheckSize("initial_image", image, settings.Width - margins.Columns, settings.Height - margins.Rows, "the size of the image to be made less the margins");
        }
        else if (request.InpaintArea == Whole)
        {
            CheckSize("initial_image", image, settings.Width, settings.Height, "the size of the image to be made");
        }

        if (request.Mask is null) return;
        if (request.Outpaint is null && request.InpaintArea == Whole)
            CheckSize("mask", request.Mask, settings.Width, settings.Height, "the size of the image to be made");
        else
            CheckSize("mask", request.Mask, image.Width, image.Height, "the size of initial_image");
    }

    private static void CheckSize(string member, RgbImage image, int width, int height, string meaning) => Require(
        image.Width == width && image.Height == height, member, FormattableString.Invariant($"{image.Width}×{image.Height}"),
        FormattableString.Invariant($"{meaning}, {width}×{height}"));
}
