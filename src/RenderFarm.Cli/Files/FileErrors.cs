namespace RenderFarm.Cli.Files;

/// <summary>Says why a file could not be written, and what to do.</summary>
internal static class FileErrors
{
    private const int NoSpaceOnUnix = 28;
    private const int QuotaExceededOnLinux = 122;
    private const int DiskFullOnWindows = 0x70;

    public static CommandException CannotWrite(string path, Exception error, int exitCode) => error switch
    {
        IOException io when IsDiskFull(io) => new CommandException(
            ExitCodes.Failed,
            $"{path} cannot be written: no space left on the disk.",
            "Free some space or choose another folder with --out. Finished files were kept, and nothing half-written was left.",
            error),
        UnauthorizedAccessException => new CommandException(
            exitCode, $"{path} cannot be written: permission denied.", "Choose another folder with --out, or change its permissions.", error),
        _ => new CommandException(
            exitCode, $"{path} cannot be written: {error.Message.TrimEnd('.')}.", "Choose another folder with --out.", error),
    };

    // .NET keeps the system's own number in the low bits: errno on Unix, the Win32 code on Windows.
    private static bool IsDiskFull(IOException error) => OperatingSystem.IsWindows()
        ? (error.HResult & 0xFFFF) == DiskFullOnWindows
        : (error.HResult & 0xFFFF) is NoSpaceOnUnix or QuotaExceededOnLinux or DiskFullOnWindows;
}
