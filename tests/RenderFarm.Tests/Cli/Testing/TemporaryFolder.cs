namespace RenderFarm.Tests.Cli.Testing;

/// <summary>A folder of one test, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("renderfarm-test-").FullName;

    /// <summary>A path within it.</summary>
    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The names of everything in it, hidden files included.</summary>
    public string[] Names() => [.. Directory.GetFileSystemEntries(Path).Select(entry => System.IO.Path.GetFileName(entry)).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
