using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>How large an image becomes; pure.</summary>
internal static class SizeRules
{
    /// <summary>
    /// Width and height of the first pass: as asked for; else those of the picture to begin from (as many times larger as the checkpoint makes it), shrunk as a whole until it fits into the largest size,
    /// each side rounded to the nearest multiple that the checkpoint takes, and with the margins added; else the checkpoint's.
    /// </summary>
    public static (int Width, int Height) Of(SubmitJob request, RequestPicture? picture, CheckpointDescription checkpoint, SettingsCheck check)
    {
        if (checkpoint.IsFixedSize) return (Only("width", request.Width, checkpoint.Width, check), Only("height", request.Height, checkpoint.Height, check));
        var multiple = checkpoint.SideMultiple;
        if (picture is null) return (Side("width", request.Width, checkpoint.Width, multiple, check), Side("height", request.Height, checkpoint.Height, multiple, check));
        var margins = request.Outpaint ?? new OutpaintMargins();
        var (across, down) = ((long)margins.Left + margins.Right, (long)margins.Top + margins.Bottom);
        var scale = Math.Min(checkpoint.EnlargesBy ?? 1, (double)RenderLimits.MaxSide / Math.Max(picture.Width, picture.Height));
        return (
            Side("width", request.Width, Rounded(picture.Width * scale, multiple) + across, multiple, check),
            Side("height", request.Height, Rounded(picture.Height * scale, multiple) + down, multiple, check));
    }

    // A picture to begin from is brought to the only size there is.
    private static int Only(string field, int? given, int native, SettingsCheck check)
    {
        if (given is { } side && side != native) check.Fault(field, side, $"{native} pixels alone: the checkpoint's graphs have a fixed shape.");
        return native;
    }

    private static long Rounded(double side, int multiple) => Math.Max(
        (long)Math.Ceiling((double)RenderLimits.MinSide / multiple) * multiple, (long)Math.Round(side / multiple, MidpointRounding.AwayFromZero) * multiple);

    // What was not asked for is right as it is, but for margins that are too wide, and those are named by their own rule.
    private static int Side(string field, int? given, long native, int multiple, SettingsCheck check)
    {
        if (given is not { } side) return (int)Math.Clamp(native, 0, RenderLimits.MaxSide);
        if (side is < RenderLimits.MinSide or > RenderLimits.MaxSide || side % multiple != 0)
            check.Fault(field, side, $"{RenderLimits.MinSide}…{RenderLimits.MaxSide:N0} pixels and a multiple of {multiple}.");
        return side;
    }
}
