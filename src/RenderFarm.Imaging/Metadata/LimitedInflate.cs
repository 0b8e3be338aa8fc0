namespace RenderFarm.Imaging.Metadata;

/// <summary>Decompresses text from strangers' files, up to a size that no honest text reaches.</summary>
internal static class LimitedInflate
{
    /// <summary>Bytes after which decompression stops: twenty times the longest recipe.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <exception cref="ImageFormatException">The stream is damaged or holds more than <see cref="MaxBytes"/>.</exception>
    public static byte[] ReadAll(Stream decompressor)
    {
        using MemoryStream output = new();
        byte[] buffer = new byte[16 * 1024];
        try
        {
            for (int read; (read = decompressor.Read(buffer)) > 0;)
            {
                output.Write(buffer, 0, read);
                if (output.Length > MaxBytes)
                    throw new ImageFormatException($"A compressed text in the file unpacks to more than {MaxBytes} bytes.");
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or InvalidOperationException)
        {
            throw new ImageFormatException("A compressed text in the file is damaged.", e);
        }

        return output.ToArray();
    }
}
