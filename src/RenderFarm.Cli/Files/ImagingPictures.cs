namespace RenderFarm.Cli.Files;

/// <summary>Reads image files with the Imaging project.</summary>
internal sealed class ImagingPictures : IPictures
{
    public PictureTexts ReadTexts(byte[] file) => throw new NotSupportedException();

    public double? PsnrDecibels(byte[] first, byte[] second) => throw new NotSupportedException();
}
