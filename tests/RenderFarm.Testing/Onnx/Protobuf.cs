using System.Text;

namespace RenderFarm.Testing.Onnx;

/// <summary>Writes protobuf messages field by field: enough to make ONNX files that nature will not supply.</summary>
public sealed class Protobuf
{
    private readonly List<byte> _bytes = [];

    /// <summary>A varint field.</summary>
    public Protobuf Number(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint(unchecked((ulong)value));
        return this;
    }

    /// <summary>A 32-bit floating point field.</summary>
    public Protobuf Single(int field, float value)
    {
        Varint(((ulong)field << 3) | 5);
        _bytes.AddRange(BitConverter.GetBytes(value));
        return this;
    }

    /// <summary>A text field.</summary>
    public Protobuf Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A nested message.</summary>
    public Protobuf Message(int field, Protobuf message) => Bytes(field, message.ToArray());

    /// <summary>A field of raw bytes.</summary>
    public Protobuf Bytes(int field, byte[] value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        _bytes.AddRange(value);
        return this;
    }

    public byte[] ToArray() => [.. _bytes];

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
    }
}
