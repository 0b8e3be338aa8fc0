namespace RenderFarm.Testing;

/// <summary>Files of the repository that tests read where they lie.</summary>
public static class Repository
{
    /// <summary>The folder that holds RenderFarm.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The demo checkpoint's ONNX folder.</summary>
    public static string DemoCheckpoint { get; } = PathTo("infra", "demo-checkpoint", "onnx");

    /// <summary>A path below the root.</summary>
    public static string PathTo(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "RenderFarm.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds RenderFarm.sln.");
    }
}
