using System.Runtime.InteropServices;

namespace RenderFarm.Cli.Files;

/// <summary>Gives a finished file its name in one step, unless another file has that name.</summary>
/// <remarks>
/// <see cref="File.Move(string, string, bool)"/> without overwriting asks first and renames then, on Unix, so two programs can both
/// believe that a name is free. A hard link is refused by the system itself when the name is taken.
/// </remarks>
internal static class AtomicName
{
    private const int NameTaken = 17; // EEXIST, the same number on Linux, macOS and the BSDs.

    /// <summary>Moves a file to a path in the same folder; false when the path is taken.</summary>
    /// <exception cref="IOException">The folder refuses both ways of doing it.</exception>
    public static bool TryGive(string temporary, string path)
    {
        if (OperatingSystem.IsWindows()) return TryMove(temporary, path);
        if (Link(temporary, path) != 0) return Marshal.GetLastPInvokeError() != NameTaken && TryClaim(temporary, path);
        File.Delete(temporary);
        return true;
    }

    private static bool TryMove(string temporary, string path)
    {
        try
        {
            File.Move(temporary, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    // For file systems without hard links: an empty file takes the name, and the finished one replaces it.
    private static bool TryClaim(string temporary, string path)
    {
        try
        {
            new FileStream(path, FileMode.CreateNew).Dispose();
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }

        try
        {
            File.Move(temporary, path, overwrite: true);
            return true;
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string added);
}
