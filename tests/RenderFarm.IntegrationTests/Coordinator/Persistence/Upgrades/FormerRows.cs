using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Persistence.Postgres;
using RenderFarm.Testing;

namespace RenderFarm.IntegrationTests.Coordinator.Persistence.Upgrades;

/// <summary>
/// Records as earlier versions left them. <c>Former/NAME.sql</c> holds what a coordinator of the migration NAME wrote, frozen: no line of it changes when the
/// code does. A migration without a file wrote what the one before it did, so that a new one is tested without anybody thinking of it.
/// </summary>
internal static partial class FormerRows
{
    private static readonly string Folder = Repository.PathTo("tests", "RenderFarm.IntegrationTests", "Coordinator", "Persistence", "Upgrades", "Former");

    /// <summary>Names of a context's migrations, the oldest first, without the times that differ between the databases.</summary>
    public static IReadOnlyList<string> Migrations(FarmDbContext db) => [.. db.Database.GetMigrations().Select(id => id[(id.IndexOf('_', StringComparison.Ordinal) + 1)..])];

    /// <summary>Brings an empty database to the shape of a migration, and no further.</summary>
    public static Task MigrateToAsync(FarmDbContext db, string migration, CancellationToken cancellation) =>
        db.GetService<IMigrator>().MigrateAsync(migration, cancellation);

    /// <summary>Inserts the rows of a migration's time, each column named.</summary>
    public static async Task InsertAsync(FarmDbContext db, string migration, CancellationToken cancellation)
    {
        var isPostgres = db is PostgresFarmDbContext;
        var rows = Translate(Read(Latest(db, migration)), isPostgres);
        await db.Database.OpenConnectionAsync(cancellation);
        if (isPostgres) rows = string.Concat(JobsIn(rows).Select(TaskPartition.Of).Distinct().Select(Partition)) + rows;
        await using var insert = db.Database.GetDbConnection().CreateCommand();
        insert.CommandText = rows;
        await insert.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Rows of every table, those of Entity Framework and of the leadership left out.</summary>
    public static async Task<Dictionary<string, long>> CountAsync(FarmDbContext db, CancellationToken cancellation)
    {
        await db.Database.OpenConnectionAsync(cancellation);
        var tables = await ReadAsync(db, db is PostgresFarmDbContext
            ? "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace"
            : "SELECT name FROM sqlite_master WHERE type = 'table'", reader => reader.GetString(0), cancellation);
        var counts = new Dictionary<string, long>();
        foreach (var table in tables.Where(table => !table.StartsWith("__", StringComparison.Ordinal) && table is not ("leadership" or "sqlite_sequence")))
            counts[table] = (await ReadAsync(db, $"SELECT count(*) FROM {table}", reader => reader.GetInt64(0), cancellation)).Single();
        return counts;
    }

    private static string Latest(FarmDbContext db, string migration)
    {
        var names = Migrations(db);
        return names.Take(names.ToList().IndexOf(migration) + 1).Last(name => File.Exists(PathOf(name)));
    }

    private static string Read(string migration) =>
        Included().Replace(File.ReadAllText(PathOf(migration)), match => File.ReadAllText(Path.Combine(Folder, match.Groups[1].Value)));

    private static string PathOf(string migration) => Path.Combine(Folder, migration + ".sql");

    // What the two databases write in two ways: ids, times and lists of text.
    private static string Translate(string rows, bool isPostgres) => Literal().Replace(rows, match =>
    {
        var (kind, value) = (match.Groups[1].Value, match.Groups[2].Value);
        return (kind, isPostgres) switch
        {
            ("id" or "guid", true) => $"'{value}'::uuid",
            ("id", false) => $"x'{value.Replace("-", "", StringComparison.Ordinal)}'",
            ("guid", false) => $"'{value.ToUpperInvariant()}'",
            ("time", true) => $"'{value}'::timestamptz",
            ("time", false) => DateTimeOffset.Parse(value, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
            (_, true) => $"'{{{string.Join(',', Parts(value))}}}'::text[]",
            (_, false) => $"'[{string.Join(',', Parts(value))}]'",
        };
    });

    private static IEnumerable<string> Parts(string list) => list.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(part => $"\"{part}\"");

    private static IEnumerable<JobId> JobsIn(string rows) => Uuid().Matches(rows).Select(match => new JobId(Guid.Parse(match.Groups[1].Value))).Where(job => job.Value.Version == 7);

    private static string Partition(TaskPartition day) =>
        $"CREATE TABLE IF NOT EXISTS {day.Table} PARTITION OF tasks FOR VALUES FROM ('{day.First}') TO ('{day.End}');\n";

    private static async Task<List<T>> ReadAsync<T>(FarmDbContext db, string query, Func<DbDataReader, T> row, CancellationToken cancellation)
    {
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = query;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        List<T> rows = [];
        while (await reader.ReadAsync(cancellation)) rows.Add(row(reader));
        return rows;
    }

    [GeneratedRegex(@"\b(id|guid|time|list)'([^']*)'")]
    private static partial Regex Literal();

    [GeneratedRegex(@"^\\ir (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Included();

    [GeneratedRegex("'([0-9a-f-]{36})'::uuid")]
    private static partial Regex Uuid();
}
