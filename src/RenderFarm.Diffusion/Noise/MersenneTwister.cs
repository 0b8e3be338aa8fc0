namespace RenderFarm.Diffusion.Noise;

/// <summary>
/// MT19937 (Matsumoto and Nishimura 1998), 32-bit output: the generator behind torch on the CPU.
/// Not safe for concurrent use.
/// </summary>
internal sealed class MersenneTwister
{
    private const int Size = 624;
    private const int Offset = 397;
    private const uint TwistMatrix = 0x9908B0DF;
    private const uint UpperBit = 0x80000000;
    private const uint LowerBits = 0x7FFFFFFF;
    private const uint SeedMultiplier = 1812433253;

    private readonly uint[] words = new uint[Size];
    private int next = Size;

    /// <summary>Seeds the generator.</summary>
    public MersenneTwister(uint seed)
    {
        words[0] = seed;
        for (var i = 1; i < Size; i++)
        {
            var previous = words[i - 1];
            words[i] = (SeedMultiplier * (previous ^ (previous >> 30))) + (uint)i;
        }
    }

    /// <summary>The next 32 random bits.</summary>
    public uint NextUInt32()
    {
        if (next == Size) Twist();
        var y = words[next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >> 18);
    }

    private void Twist()
    {
        for (var i = 0; i < Size; i++)
        {
            var y = (words[i] & UpperBit) | (words[(i + 1) % Size] & LowerBits);
            words[i] = words[(i + Offset) % Size] ^ (y >> 1) ^ ((y & 1) * TwistMatrix);
        }

        next = 0;
    }
}
