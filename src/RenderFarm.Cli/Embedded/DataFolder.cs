namespace RenderFarm.Cli.Embedded;

/// <summary>
/// Where a farm in this program keeps its record and its images. One program at a time: the lock is the operating system's and goes with the
/// process, however it ends.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;
    private readonly bool _private;

    private DataFolder(string path, FileStream @lock, bool isPrivate)
    {
        Path = path;
        _lock = @lock;
        _private = isPrivate;
    }

    public string Path { get; }

    public string RecordFile => System.IO.Path.Combine(Path, "farm.db");

    public string ObjectsFolder => System.IO.Path.Combine(Path, "objects");

    /// <summary>Where the worker keeps checkpoints that were pushed.</summary>
    public string CheckpointsFolder => System.IO.Path.Combine(Path, "checkpoints");

    /// <summary>Opens a folder, or a private temporary one that is deleted afterwards.</summary>
    /// <exception cref="FarmStartException">The folder cannot be written to, or another program has it.</exception>
    public static DataFolder Open(string? path)
    {
        var folder = path is null ? Directory.CreateTempSubdirectory("renderfarm-").FullName : System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(folder);
            return new DataFolder(folder, Lock(folder), isPrivate: path is null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FarmStartException(
                $"the data folder {folder} cannot be written to: {error.Message}", "Choose another folder with --data, or correct its permissions.", error);
        }
    }

    private static FileStream Lock(string folder)
    {
        var file = System.IO.Path.Combine(folder, "farm.lock");
        try
        {
            // Unix: an advisory lock that .NET programs honour; Windows: a mandatory one.
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error is not (DirectoryNotFoundException or PathTooLongException) && File.Exists(file))
        {
            throw new FarmStartException(
                $"another renderfarm uses the data folder {folder}", "Stop it, or choose another folder with --data.", error);
        }
    }

    public void Dispose()
    {
        _lock.Dispose();
        if (!_private) return;
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Left for the system's own cleaning of temporary files; nothing of the user's is in it.
        }
    }
}
