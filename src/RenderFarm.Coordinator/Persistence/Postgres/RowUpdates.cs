using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;
using NpgsqlTypes;
using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Coordinator.Persistence.Postgres;

/// <summary>
/// Writes many changed rows of one table whose key begins with a job by one statement, with an array for each column, where EF Core would send a statement for each row. The columns
/// are those that any of the rows changed; a row that did not change one of them writes what it read, which still holds within a turn to write.
/// </summary>
internal static class RowUpdates
{
    /// <summary>Writes the changed rows of a type, and lets the context forget them. A single one is left to EF Core, unless it is a job: see <see cref="JobStatements"/>.</summary>
    /// <exception cref="DbUpdateConcurrencyException">A row is not there any more.</exception>
    public static async Task WriteAsync<TRow>(FarmDbContext db, CancellationToken cancellation)
        where TRow : class
    {
        var rows = db.ChangeTracker.Entries<TRow>().Where(row => row.State == EntityState.Modified).ToList();
        var isOfJobs = typeof(TRow) == typeof(RenderJob);
        if (rows.Count == 0 || (rows.Count == 1 && !isOfJobs)) return;
        var type = rows[0].Metadata;
        var keys = type.FindPrimaryKey()!.Properties;
        var changed = type.GetProperties().Where(property => rows.Exists(row => row.Property(property.Name).IsModified)).ToList();
        await using var command = new NpgsqlCommand(Statement(type, keys, changed, isOfJobs), (NpgsqlConnection)db.Database.GetDbConnection());
        foreach (var property in keys.Concat(changed)) command.Parameters.Add(Column(property, rows));
        if (!isOfJobs)
        {
            var jobs = (Guid[])command.Parameters[0].Value!;
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = jobs.Min() });
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = jobs.Max() });
        }

        var written = await command.ExecuteNonQueryAsync(cancellation);
        if (written != rows.Count)
            throw new DbUpdateConcurrencyException($"{rows.Count} rows of {type.GetTableName()} were to be changed, and {written} were there.");
        foreach (var row in rows) row.State = EntityState.Detached;
    }

    /// <summary>The statement: its parameters are an array for each key column and each changed one, and for tasks the first and the last job.</summary>
    internal static string Statement(IEntityType type, IReadOnlyList<IProperty> keys, IReadOnlyList<IProperty> changed, bool isOfJobs)
    {
        var columns = keys.Concat(changed).Select(property => property.GetColumnName()).ToList();
        var text = new StringBuilder($"UPDATE {type.GetTableName()} AS t SET ");
        text.AppendJoin(", ", changed.Select(property => $"{property.GetColumnName()} = v.{property.GetColumnName()}"));
        text.Append(" FROM unnest(").AppendJoin(", ", columns.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"${i + 1}")));
        text.Append(") AS v (").AppendJoin(", ", columns).Append(')');
        if (isOfJobs) return text.Append($" CROSS JOIN LATERAL ({JobStatements.Newest("ctid AS place", $"v.{columns[0]}")}) AS newest WHERE t.ctid = newest.place").ToString();
        var (first, last) = (string.Create(CultureInfo.InvariantCulture, $"${columns.Count + 1}"), string.Create(CultureInfo.InvariantCulture, $"${columns.Count + 2}"));
        return text.Append($" CROSS JOIN LATERAL ({TaskStatements.ByKey("ctid AS place", "v", first, last)}) AS found WHERE {TaskStatements.IsAt("found", "v", first, last)}").ToString();
    }

    private static NpgsqlParameter Column<TRow>(IProperty property, List<EntityEntry<TRow>> rows)
        where TRow : class
    {
        var convert = property.GetTypeMapping().Converter?.ConvertToProvider;
        var element = Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType;
        element = property.GetTypeMapping().Converter?.ProviderClrType ?? element;
        var values = Array.CreateInstance(property.IsNullable && element.IsValueType ? typeof(Nullable<>).MakeGenericType(element) : element, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            var value = rows[i].Property(property.Name).CurrentValue;
            values.SetValue(value is null || convert is null ? value : convert(value), i);
        }

        return new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | TypeOf(element, property), Value = values };
    }

    private static NpgsqlDbType TypeOf(Type element, IProperty property) => Type.GetTypeCode(element) switch
    {
        TypeCode.Int32 => NpgsqlDbType.Integer,
        TypeCode.Int64 => NpgsqlDbType.Bigint,
        TypeCode.String => NpgsqlDbType.Text,
        TypeCode.Boolean => NpgsqlDbType.Boolean,
        TypeCode.Double => NpgsqlDbType.Double,
        _ when element == typeof(Guid) => NpgsqlDbType.Uuid,
        _ when element == typeof(DateTimeOffset) => NpgsqlDbType.TimestampTz,
        _ => throw new NotSupportedException($"{property.DeclaringType.Name}.{property.Name} is of the type {element.Name}, which no array is made of here."),
    };
}
