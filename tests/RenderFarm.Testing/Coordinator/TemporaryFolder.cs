namespace RenderFarm.Testing.Coordinator;

/// <summary>A folder that is gone after the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>Its path.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("renderfarm-test-").FullName;

    /// <inheritdoc />
    public void Dispose() => Directory.Delete(Path, true);
}
