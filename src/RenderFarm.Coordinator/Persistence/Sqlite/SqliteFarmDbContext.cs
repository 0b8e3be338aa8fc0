using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Coordinator.Persistence.Sqlite;

/// <summary>The record in SQLite: times are UTC milliseconds since 1970, ids are sixteen bytes.</summary>
internal sealed class SqliteFarmDbContext(DbContextOptions<SqliteFarmDbContext> options) : FarmDbContext(options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcMilliseconds>();
        configurationBuilder.Properties<JobId>().HaveConversion<JobIdBytes>();
        configurationBuilder.Properties<RunId>().HaveConversion<RunIdBytes>();
    }

    // The backlog of a job, and its pages by status.
    protected override void ConfigureIndexes(ModelBuilder shape) =>
        shape.Entity<RenderTask>().HasIndex(t => new { t.Job, t.Status, t.Index }).HasDatabaseName("ix_tasks_status");

    // SQLite cannot order a DateTimeOffset; milliseconds sort correctly everywhere.
    private sealed class UtcMilliseconds() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(), stored => DateTimeOffset.FromUnixTimeMilliseconds(stored));

    // Sixteen bytes, big end first: a third of the text's size in three trees of a million rows, and in the same order.
    private sealed class JobIdBytes() : ValueConverter<JobId, byte[]>(
        id => id.Value.ToByteArray(true), stored => new JobId(new Guid(stored, true)));

    private sealed class RunIdBytes() : ValueConverter<RunId, byte[]>(
        id => id.Value.ToByteArray(true), stored => new RunId(new Guid(stored, true)));

    /// <summary>Lets <c>dotnet ef migrations add --context SqliteFarmDbContext</c> see the shape without starting a farm.</summary>
    private sealed class DesignTime : IDesignTimeDbContextFactory<SqliteFarmDbContext>
    {
        public SqliteFarmDbContext CreateDbContext(string[] args) =>
            new(new DbContextOptionsBuilder<SqliteFarmDbContext>().UseSqlite("Data Source=design-time.db").Options);
    }
}
