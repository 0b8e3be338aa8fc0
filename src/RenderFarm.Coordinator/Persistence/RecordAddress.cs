using System.Data.Common;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>Which database a connection string means; pure.</summary>
internal static class RecordAddress
{
    /// <summary>What is allowed, for messages.</summary>
    public const string Allowed = "Allowed are 'Host=SERVER;Database=NAME;Username=USER' (PostgreSQL) and 'Data Source=FILE' (SQLite).";

    /// <summary>The file of a SQLite connection string; null when it means PostgreSQL.</summary>
    /// <exception cref="RecordException">It means neither.</exception>
    public static string? SqliteFile(string connection) =>
        Refusal(connection) is { } refusal ? throw new RecordException(refusal) : Words(connection)!.TryGetValue("Data Source", out var file) ? file.ToString() : null;

    /// <summary>Why a connection string cannot be used; null when it can. Never repeats a value, which may be a password.</summary>
    public static string? Refusal(string connection)
    {
        if (Words(connection) is not { } words) return $"RenderFarm:Record:Connection is not a list of KEY=VALUE separated by semicolons. {Allowed}";
        if (words.ContainsKey("Host") || words.ContainsKey("Server")) return null;
        if (!words.TryGetValue("Data Source", out var file)) return $"RenderFarm:Record:Connection names neither Host nor Data Source, only {string.Join(", ", words.Keys.Cast<string>())}. {Allowed}";
        if (file.ToString() is ":memory:" or "") return $"RenderFarm:Record:Connection says 'Data Source={file}', which does not outlive the process. {Allowed}";
        return words.Count == 1 ? null : $"RenderFarm:Record:Connection has more than a Data Source: {string.Join(", ", words.Keys.Cast<string>())}. {Allowed}";
    }

    private static DbConnectionStringBuilder? Words(string connection)
    {
        try
        {
            return new DbConnectionStringBuilder { ConnectionString = connection };
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
