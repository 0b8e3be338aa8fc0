using Microsoft.Extensions.Configuration;

namespace RenderFarm.Hosting.Startup;

/// <summary>
/// Settings that are files: in the folder that <c>RENDERFARM_SECRETS</c> names (default <c>/run/secrets</c>, where container engines put them), each file is a
/// setting with its name, <c>__</c> between the parts, such as <c>RENDERFARM__STORE__SECRETKEY</c>. A file wins over the environment.
/// </summary>
public static class FarmSecrets
{
    /// <summary>Environment variable that names the folder.</summary>
    public const string Variable = "RENDERFARM_SECRETS";

    private const string Default = "/run/secrets";

    /// <summary>Adds the folder's files.</summary>
    /// <exception cref="FarmStartupException">The folder that the variable names is not there.</exception>
    public static void AddTo(IConfigurationBuilder configuration)
    {
        var named = Environment.GetEnvironmentVariable(Variable);
        var folder = string.IsNullOrEmpty(named) ? Default : Path.GetFullPath(named);
        if (Directory.Exists(folder)) configuration.AddKeyPerFile(folder, optional: true);
        // Container images name the usual place whether or not anything is mounted there.
        else if (folder != Default) throw new FarmStartupException($"{Variable} is '{named}', which is no folder; allowed is a folder whose files are named like RENDERFARM__STORE__SECRETKEY.");
    }
}
