namespace RenderFarm.Imaging;

/// <summary>The file formats that pictures are written in and accepted from.</summary>
public enum ImageFileFormat
{
    /// <summary>Lossless; the only format from which a render can be compared byte for byte.</summary>
    Png,

    /// <summary>Lossy, read everywhere.</summary>
    Jpeg,

    /// <summary>Lossy, smaller than JPEG at the same look.</summary>
    WebP,
}
