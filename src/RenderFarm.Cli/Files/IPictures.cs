namespace RenderFarm.Cli.Files;

/// <summary>What is written in an image file.</summary>
/// <param name="Recipe">Canonical recipe JSON; null when the file holds none.</param>
/// <param name="Profile">Execution profile as one line; null when the file holds none.</param>
internal sealed record PictureTexts(string? Recipe, string? Profile);

/// <summary>Reads image files.</summary>
internal interface IPictures
{
    /// <summary>The texts of a PNG, JPEG or WebP file.</summary>
    /// <exception cref="FormatException">The file is none of these, or damaged.</exception>
    PictureTexts ReadTexts(byte[] file);

    /// <summary>Peak signal-to-noise ratio of two pictures in dB, infinite when every pixel is equal; null when their sizes differ.</summary>
    /// <exception cref="FormatException">A file cannot be decoded.</exception>
    double? PsnrDecibels(byte[] first, byte[] second);
}
