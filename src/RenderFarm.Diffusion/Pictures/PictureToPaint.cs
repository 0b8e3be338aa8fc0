using RenderFarm.Diffusion.Pictures.Canvas;
using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Pictures;

/// <summary>The picture a request brings, made ready: at the size it is worked at, with its mask softened, filled or grown as asked for.</summary>
internal sealed record PictureToPaint
{
    /// <summary>What the encoder sees, as large as the image that the UNet makes.</summary>
    public required RgbImage Canvas { get; init; }

    /// <summary>The same before it was filled under the mask.</summary>
    public required RgbImage Unfilled { get; init; }

    /// <summary>Where it is repainted, grey, as large; null for everywhere.</summary>
    public RgbImage? Mask { get; init; }

    /// <summary>Where it is painted from noise alone, whatever the strength: what outpainting adds, white, as large; null for nowhere.</summary>
    public RgbImage? New { get; init; }

    /// <summary>
    /// Whether a cell of the latent is either kept or repainted, as A1111 has it; if not, its grey value says how much of it is kept.
    /// </summary>
    public bool HasHardCells { get; init; }

    private PictureOverlay? Overlay { get; init; }

    /// <summary>The result, from what was painted.</summary>
    public RgbImage Finish(RgbImage painted) => Overlay is null ? painted : Overlay.Apply(painted);

    /// <summary>Makes a request's picture ready; null where there is none.</summary>
    /// <exception cref="GenerationException">The mask is all black though only its part is to be painted.</exception>
    public static PictureToPaint? From(GenerationRequest request, GenerationSettings settings)
    {
        if (request.InitialImage is not { } image) return null;
        var mask = request.Mask is null ? null : SoftMask.ToGrey(request.Mask);
        if (request.Outpaint is { } margins) return Filled(Grown(request, image, mask, margins), request);
        if (mask is null) return new PictureToPaint { Canvas = image, Unfilled = image };
        var soft = SoftMask.Blur(mask, request.MaskBlur);
        return Filled(request.InpaintArea == PictureNames.Masked ? Part(request, settings, image, soft) : Whole(request, image, soft), request);
    }

    private static PictureToPaint Whole(GenerationRequest request, RgbImage image, RgbImage soft) => new()
    {
        Canvas = image,
        Unfilled = image,
        Mask = soft,
        HasHardCells = request.MaskBlur > 0,
        Overlay = request.MaskBlur > 0 ? new PictureOverlay(image, soft, PictureBox.Of(image)) : null,
    };

    private static PictureToPaint Part(GenerationRequest request, GenerationSettings settings, RgbImage image, RgbImage soft)
    {
        var box = PictureBox.Around(soft, request.InpaintPadding, settings.Width, settings.Height) ?? throw new GenerationException(
            GenerationError.BadRequest, $"mask is all black{(request.MaskBlur > 0 ? $" after mask_blur {request.MaskBlur}" : "")}; allowed: some white, because inpaint_area is masked.");
        var canvas = LanczosResampling.Resize(box.Cut(image), settings.Width, settings.Height);
        return new PictureToPaint
        {
            Canvas = canvas,
            Unfilled = canvas,
            Mask = LanczosResampling.Resize(box.Cut(soft), settings.Width, settings.Height),
            HasHardCells = true,
            Overlay = new PictureOverlay(image, soft, box),
        };
    }

    private static PictureToPaint Grown(GenerationRequest request, RgbImage image, RgbImage? mask, OutpaintMargins margins)
    {
        var canvas = GrownCanvas.Grow(image, margins);
        var added = GrownCanvas.GrowMask(null, image.Width, image.Height, margins);
        // The seam lies where the mask is white all over: what is mixed across it are two versions of the old picture, never the repeated edge.
        var seam = GrownCanvas.GrowMask(mask, image.Width, image.Height, margins, further: 2 * request.MaskBlur);
        var shown = GrownCanvas.Lighter(SoftMask.Blur(seam, request.MaskBlur), added);
        var inside = mask is null ? added : SoftMask.Blur(GrownCanvas.GrowMask(mask, image.Width, image.Height, margins), request.MaskBlur);
        return new PictureToPaint
        {
            Canvas = canvas,
            Unfilled = canvas,
            Mask = GrownCanvas.Lighter(inside, added),
            New = added,
            HasHardCells = true,
            Overlay = new PictureOverlay(canvas, shown, PictureBox.Of(canvas)),
        };
    }

    private static PictureToPaint Filled(PictureToPaint picture, GenerationRequest request) =>
        request.InpaintFill == PictureNames.Fill ? picture with { Canvas = SurroundingColours.Fill(picture.Canvas, picture.Mask!) } : picture;
}
