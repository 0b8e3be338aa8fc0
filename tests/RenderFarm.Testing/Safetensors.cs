using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace RenderFarm.Testing;

/// <summary>Reads safetensors files: 8 bytes of header length, a JSON header, then the tensors' bytes, little-endian.</summary>
public sealed class Safetensors
{
    private readonly byte[] _file;
    private readonly int _start;
    private readonly Dictionary<string, JsonElement> _header;

    private Safetensors(byte[] file)
    {
        _file = file;
        var length = checked((int)BinaryPrimitives.ReadInt64LittleEndian(file));
        _start = 8 + length;
        _header = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(file.AsSpan(8, length))!;
    }

    public static Safetensors Read(string path) => new(File.ReadAllBytes(path));

    public IEnumerable<string> Names => _header.Keys.Where(name => name != "__metadata__");

    public long[] Shape(string name) => [.. _header[name].GetProperty("shape").EnumerateArray().Select(item => item.GetInt64())];

    public float[] Floats(string name) => Values<float>(name, "F32");

    public int[] Integers(string name) => Values<int>(name, "I32");

    public long[] Longs(string name) => Values<long>(name, "I64");

    public string Type(string name) => _header[name].GetProperty("dtype").GetString()!;

    private T[] Values<T>(string name, string type)
        where T : struct
    {
        if (Type(name) != type) throw new InvalidOperationException($"{name} is {Type(name)}, not {type}.");
        var offsets = _header[name].GetProperty("data_offsets");
        var (from, to) = (offsets[0].GetInt32(), offsets[1].GetInt32());
        return MemoryMarshal.Cast<byte, T>(_file.AsSpan((_start + from)..(_start + to))).ToArray();
    }
}
