using RenderFarm.Imaging;

namespace RenderFarm.Worker;

/// <summary>Pixels to a file with its texts.</summary>
internal interface IImageFiles
{
    byte[] Encode(RgbImage image, ImageFileFormat format, int? quality, ImageTexts texts);
}

/// <summary>The files that people get.</summary>
internal sealed class ImageFiles : IImageFiles
{
    public byte[] Encode(RgbImage image, ImageFileFormat format, int? quality, ImageTexts texts) => ImageEncoder.Encode(image, format, quality, texts);
}
