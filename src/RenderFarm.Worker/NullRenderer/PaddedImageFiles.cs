using System.Buffers.Binary;
using System.IO.Hashing;
using Microsoft.Extensions.Options;
using RenderFarm.Imaging;

namespace RenderFarm.Worker.NullRenderer;

/// <summary>
/// Files as large as real ones around pixels that are not: a private chunk of noise before a PNG's end, which every reader skips. Other formats stay small.
/// </summary>
internal sealed class PaddedImageFiles : IImageFiles
{
    // Length, type and checksum of the chunk; and of IEND, the last of every PNG.
    private const int ChunkFrame = 12;

    private readonly int _size;
    private readonly byte[] _noise;

    public PaddedImageFiles(IOptions<WorkerOptions> options)
    {
        _size = options.Value.NullImageBytes;
        _noise = new byte[_size];
        new Random(1).NextBytes(_noise);
    }

    public byte[] Encode(RgbImage image, ImageFileFormat format, int? quality, ImageTexts texts)
    {
        var file = ImageEncoder.Encode(image, format, quality, texts);
        var filler = _size - file.Length - ChunkFrame;
        return format == ImageFileFormat.Png && filler >= 0 ? Pad(file, filler) : file;
    }

    private byte[] Pad(byte[] file, int filler)
    {
        var padded = new byte[file.Length + ChunkFrame + filler];
        var end = file.Length - ChunkFrame;
        file.AsSpan(0, end).CopyTo(padded);
        var chunk = padded.AsSpan(end, ChunkFrame + filler);
        BinaryPrimitives.WriteInt32BigEndian(chunk, filler);
        // Lower case, lower, upper, lower: ancillary, private, as the standard has it, safe to copy.
        "fiLl"u8.CopyTo(chunk[4..]);
        _noise.AsSpan(0, filler).CopyTo(chunk[8..]);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[^4..], Crc32.HashToUInt32(chunk[4..^4]));
        file.AsSpan(end).CopyTo(padded.AsSpan(end + chunk.Length));
        return padded;
    }
}
