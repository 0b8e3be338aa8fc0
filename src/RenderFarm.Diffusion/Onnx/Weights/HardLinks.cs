using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RenderFarm.Diffusion.Onnx.Weights;

/// <summary>
/// Counts the names of a file. A file with two names may be somebody else's: whoever lays out a checkpoint folder can name any file of the same file
/// system in it that the system lets them link, and no path shows it.
/// </summary>
/// <remarks>
/// Linux: <c>statx(2)</c>, whose structure is the same on every architecture. Windows: <c>GetFileInformationByHandle</c>, written from its documentation
/// and not run yet. Limitations: other systems, and C libraries without statx (musl before 1.2.5), cannot be asked.
/// </remarks>
internal static partial class HardLinks
{
    private const int CurrentFolder = -100;
    private const uint LinkCount = 4;
    private const int StatxBytes = 256;
    private const int StatxLinks = 16;
    private const int HandleRecordBytes = 52;
    private const int HandleRecordLinks = 40;

    /// <summary>Names of the file that a path leads to, at least 1; null where this system cannot be asked.</summary>
    /// <exception cref="IOException">There is no such file, or it may not be looked at.</exception>
    public static uint? Count(string file)
    {
        if (OperatingSystem.IsWindows()) return CountOnWindows(file);
        if (!OperatingSystem.IsLinux()) return null;
        try
        {
            return CountOnLinux(file);
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    private static uint CountOnLinux(string file)
    {
        Span<byte> status = stackalloc byte[StatxBytes];
        if (Statx(CurrentFolder, file, flags: 0, LinkCount, status) != 0) throw Refused(file);
        return MemoryMarshal.Read<uint>(status[StatxLinks..]);
    }

    private static uint CountOnWindows(string file)
    {
        using var handle = File.OpenHandle(file);
        Span<byte> record = stackalloc byte[HandleRecordBytes];
        if (!GetFileInformationByHandle(handle, record)) throw Refused(file);
        return MemoryMarshal.Read<uint>(record[HandleRecordLinks..]);
    }

    private static IOException Refused(string file)
    {
        var error = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"{file}: {error.Message}", error);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetFileInformationByHandle(SafeFileHandle file, Span<byte> record);
}
