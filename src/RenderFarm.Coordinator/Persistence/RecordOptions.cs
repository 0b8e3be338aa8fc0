using System.ComponentModel.DataAnnotations;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>Where the record is, checked at start (configuration section <c>RenderFarm:Record</c>).</summary>
public sealed class RecordOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "RenderFarm:Record";

    /// <summary>
    /// <c>Host=…;Database=…;Username=…</c> for PostgreSQL 14 or later, in Npgsql's words, or <c>Data Source=FILE</c> for SQLite, whose
    /// folder is made. Default <c>Data Source=farm.db</c> in the working directory.
    /// </summary>
    [Required(AllowEmptyStrings = false)]
    public string Connection { get; set; } = "Data Source=farm.db";

    /// <summary>Longest wait for one answer of the database, 1 s…10 min; default 30 s. A connection string that names its own wins.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a leader leads without renewing, on the database's clock, 2 s…1 min; default 4 s. PostgreSQL only.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:01:00")]
    public TimeSpan LeadershipDuration { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Time between two renewals, and between two tries of a standby, 0.1 s…10 s and at most a third of
    /// <see cref="LeadershipDuration"/>; default 1 s. PostgreSQL only.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:10")]
    public TimeSpan LeadershipRenewal { get; set; } = TimeSpan.FromSeconds(1);
}
