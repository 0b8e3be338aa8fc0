using System.Buffers.Binary;
using System.Security.Cryptography;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>Draws the seed of a job that names none.</summary>
internal interface ISeedSource
{
    /// <summary>A seed such that seed + images − 1 is at most 2³²−1.</summary>
    uint Draw(int images);
}

/// <summary>Seeds from the operating system's generator: safe to share, and no two coordinators ever start in step.</summary>
internal sealed class SeedSource : ISeedSource
{
    public uint Draw(int images)
    {
        Span<byte> bytes = stackalloc byte[8];
        RandomNumberGenerator.Fill(bytes);
        var range = (1UL << 32) - (ulong)(images - 1);
        return (uint)(BinaryPrimitives.ReadUInt64LittleEndian(bytes) % range);
    }
}
