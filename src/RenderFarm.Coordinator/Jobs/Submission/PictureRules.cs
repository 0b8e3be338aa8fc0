using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>What may be asked of pictures that go in; pure. A setting that would change nothing is refused, not ignored.</summary>
internal static class PictureRules
{
    private const string NeedsPicture = "Only together with an init_image; without one it would change nothing.";
    private const string NeedsMask = "Only together with a mask; without one it would change nothing.";

    private const string NeedsEdges = "Only together with a mask or outpaint; without one it would change nothing.";

    /// <summary>The settings with those of the pictures written out.</summary>
    public static SweepView Apply(SweepView sweep, SubmitJob request, JobPictures pictures, CheckpointDescription checkpoint, SettingsCheck check)
    {
        if (checkpoint.EnlargesBy is not null) return EnlargingRules.Apply(sweep, request, pictures, checkpoint, check);
        if (request.UpscaleNoiseLevel is { } level) check.Fault("upscale_noise_level", level, "Only with a checkpoint that makes a picture larger; with others it would change nothing.");
        if (request.InitImage is null)
        {
            RefuseWithoutPicture(request, check);
            return sweep;
        }

        if (request.Mask is not null) sweep = WithMask(sweep, request, pictures, check);
        RefuseWithoutMask(request, check);
        if (IsPaintedInPart(request)) sweep = WithEdges(sweep, request, check);
        return sweep with
        {
            InitImage = pictures.InitImage?.Digest,
            Strengths = check.Sweep(
                "strength", request.Strength, PictureDefaults.Strength, RenderLimits.MaxSweepValues, strength => StrengthFault(strength, request, sweep)),
            Outpaint = Outpaint(request, sweep, checkpoint, check),
        };
    }

    private static SweepView WithMask(SweepView sweep, SubmitJob request, JobPictures pictures, SettingsCheck check)
    {
        if (pictures is { InitImage: { } picture, Mask: { } mask } && (picture.Width, picture.Height) != (mask.Width, mask.Height))
            check.Unusable("mask", $"{mask.Width}×{mask.Height}", $"As large as init_image, which is {picture.Width}×{picture.Height}.");
        var area = check.Word("inpaint_area", request.InpaintArea, InpaintAreas.All, InpaintAreas.Whole);
        if (request.InpaintPadding is { } padding && area != InpaintAreas.Masked)
            check.Fault("inpaint_padding", padding, "Only with inpaint_area masked; without it the whole picture is worked on.");
        return sweep with
        {
            Mask = pictures.Mask?.Digest,
            InpaintArea = area,
            InpaintPadding = check.Range("inpaint_padding", request.InpaintPadding, 0, RenderLimits.MaxInpaintPadding, PictureDefaults.InpaintPadding),
        };
    }

    private static bool IsPaintedInPart(SubmitJob request) => request.Mask is not null || request.Outpaint is { IsNone: false };

    private static SweepView WithEdges(SweepView sweep, SubmitJob request, SettingsCheck check) => sweep with
    {
        MaskBlur = check.Range("mask_blur", request.MaskBlur, 0, RenderLimits.MaxMaskBlur, PictureDefaults.MaskBlur),
        InpaintFill = check.Word("inpaint_fill", request.InpaintFill, InpaintFills.All, InpaintFills.Original),
    };

    private static string? StrengthFault(double strength, SubmitJob request, SweepView sweep)
    {
        if (strength is not (>= 0 and <= 1)) return "0…1.";
        if (request.Outpaint is { IsNone: false }) return null;
        var late = sweep.Samplers.FirstOrDefault(sampler => !Samplers.CanBeginLate(sampler.Sampler));
        return late is null || sweep.Steps.All(steps => (int)(steps * strength) == steps) ? null : $"1 with the sampler {late.Sampler}, which has to run all its steps.";
    }

    private static OutpaintMargins? Outpaint(SubmitJob request, SweepView sweep, CheckpointDescription checkpoint, SettingsCheck check)
    {
        if (request.Outpaint is not { IsNone: false } margins) return null;
        if (request.InpaintArea == InpaintAreas.Masked) check.Fault("inpaint_area", request.InpaintArea, "Not together with outpaint, which works on the whole picture.");
        foreach (var (side, given) in new[] { ("left", margins.Left), ("top", margins.Top), ("right", margins.Right), ("bottom", margins.Bottom) })
        {
            if (given is < 0 or > RenderLimits.MaxSide || given % checkpoint.SideMultiple != 0)
                check.Fault($"outpaint.{side}", given, $"0…{RenderLimits.MaxSide:N0} pixels and a multiple of {checkpoint.SideMultiple}.");
        }

        Room("left and outpaint.right", (long)margins.Left + margins.Right, "width", sweep.Width, check);
        Room("top and outpaint.bottom", (long)margins.Top + margins.Bottom, "height", sweep.Height, check);
        return margins;
    }

    private static void Room(string sides, long margins, string field, int side, SettingsCheck check)
    {
        if (side - margins < RenderLimits.MinSide)
            check.Fault("outpaint", margins, $"outpaint.{sides} together leave the picture at least {RenderLimits.MinSide} pixels of the {field}, which is {side} and at most {RenderLimits.MaxSide:N0}.");
    }

    private static void RefuseWithoutPicture(SubmitJob request, SettingsCheck check)
    {
        if (request.Strength is { } strength) check.Fault("strength", strength.Values.Count == 1 ? strength.Values[0] : $"{strength.Values.Count} values", NeedsPicture);
        if (request.Mask is not null) check.Fault("mask", request.Mask, NeedsPicture);
        if (request.Outpaint is { IsNone: false } outpaint) check.Fault("outpaint", outpaint, NeedsPicture);
        RefuseWithoutMask(request, check);
    }

    private static void RefuseWithoutMask(SubmitJob request, SettingsCheck check)
    {
        if (request.Mask is null)
        {
            if (request.InpaintArea is { } area) check.Fault("inpaint_area", area, NeedsMask);
            if (request.InpaintPadding is { } padding) check.Fault("inpaint_padding", padding, NeedsMask);
        }

        if (IsPaintedInPart(request)) return;
        if (request.MaskBlur is { } blur) check.Fault("mask_blur", blur, NeedsEdges);
        if (request.InpaintFill is { } fill) check.Fault("inpaint_fill", fill, NeedsEdges);
    }
}
