using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace RenderFarm.Imaging;

/// <summary>Names a picture by its pixels, so that files which hold the same pixels have the same name, whatever compressed them.</summary>
public static class PictureDigest
{
    /// <summary>
    /// <c>sha256:</c> and the SHA-256, in lower-case hexadecimal digits, of the picture as a binary PPM file (Netpbm's P6: <c>P6\n{width} {height}\n255\n</c>,
    /// then the pixels), which any image tool can write.
    /// </summary>
    /// <param name="image">The picture.</param>
    public static string Of(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"P6\n{image.Width} {image.Height}\n255\n")));
        hash.AppendData(image.Pixels);
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
