using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Coordinator.Persistence.Postgres;

/// <summary>The record in PostgreSQL: times are <c>timestamptz</c>, ids are <c>uuid</c>, which sort as their bytes do and so by submission.</summary>
internal sealed class PostgresFarmDbContext(DbContextOptions<PostgresFarmDbContext> options) : FarmDbContext(options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<JobId>().HaveConversion<JobIdGuid>();
        configurationBuilder.Properties<RunId>().HaveConversion<RunIdGuid>();
    }

    /// <summary>
    /// Every index costs a claim, a start and an end of each image one more entry, so all but the primary key hold few rows: those that
    /// wait, those that came back, those that failed.
    /// </summary>
    protected override void ConfigureIndexes(ModelBuilder shape)
    {
        var task = shape.Entity<RenderTask>();

        // The backlog of a job in the order it is dispatched; a row leaves it with its claim.
        task.HasIndex(t => new { t.Job, t.Index }, "ix_tasks_queued").HasFilter("status = 'queued'");

        // What came back to the backlog lies before the place up to which a job has been dispatched: see TaskStatements.Peek.
        task.HasIndex(t => new { t.Job, t.Index }, "ix_tasks_returned").HasFilter("status = 'queued' AND attempt > 0");

        // What a user looks for in a million images.
        task.HasIndex(t => new { t.Job, t.Index }, "ix_tasks_failed").HasFilter("status = 'failed'");
    }

    private sealed class JobIdGuid() : ValueConverter<JobId, Guid>(id => id.Value, stored => new JobId(stored));

    private sealed class RunIdGuid() : ValueConverter<RunId, Guid>(id => id.Value, stored => new RunId(stored));

    /// <summary>Lets <c>dotnet ef migrations add --context PostgresFarmDbContext</c> see the shape without a server.</summary>
    private sealed class DesignTime : IDesignTimeDbContextFactory<PostgresFarmDbContext>
    {
        public PostgresFarmDbContext CreateDbContext(string[] args) =>
            new(new DbContextOptionsBuilder<PostgresFarmDbContext>().UseNpgsql("Host=design-time").Options);
    }
}
