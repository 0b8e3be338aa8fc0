using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace RenderFarm.Tests.Imaging;

/// <summary>A PNG taken apart by the letter of the specification, with none of the code under test.</summary>
internal sealed class PngFile
{
    private static readonly uint[] s_table = [.. Enumerable.Range(0, 256).Select(n => TableEntry((uint)n))];

    public PngFile(byte[] file)
    {
        Assert.Equal("89504E470D0A1A0A", Convert.ToHexString(file[..8]));
        for (int position = 8; position < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(position));
            byte[] typeAndContent = file[(position + 4)..(position + 8 + length)];
            Assert.Equal(Checksum(typeAndContent), BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(position + 8 + length)));
            Chunks.Add((Encoding.ASCII.GetString(typeAndContent, 0, 4), typeAndContent[4..]));
            position += 12 + length;
        }
    }

    public List<(string Type, byte[] Content)> Chunks { get; } = [];

    public string[] Types => [.. Chunks.Select(chunk => chunk.Type)];

    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte value in bytes)
            crc = s_table[(crc ^ value) & 0xFF] ^ (crc >> 8);
        return ~crc;
    }

    /// <summary>A chunk with its length and checksum.</summary>
    public static byte[] Chunk(string type, byte[] content)
    {
        byte[] chunk = [0, 0, 0, 0, .. Encoding.ASCII.GetBytes(type), .. content, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + content.Length), Checksum(chunk.AsSpan(4, 4 + content.Length)));
        return chunk;
    }

    private static uint TableEntry(uint n)
    {
        for (int bit = 0; bit < 8; bit++)
            n = (n & 1) == 1 ? 0xEDB88320 ^ (n >> 1) : n >> 1;
        return n;
    }
}
