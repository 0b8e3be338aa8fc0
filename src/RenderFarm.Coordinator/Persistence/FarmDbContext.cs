using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using RenderFarm.Coordinator.Inputs;
using RenderFarm.Coordinator.Jobs;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Persistence;

/// <summary>
/// The record's shape. Column names are the properties' in snake_case. A database derives its own context for its column types, its
/// indexes and its migrations; everything above speaks to this one.
/// </summary>
internal abstract class FarmDbContext(DbContextOptions options) : DbContext(options)
{
    /// <summary>Submitted jobs.</summary>
    public DbSet<RenderJob> Jobs => Set<RenderJob>();

    /// <summary>Settings of jobs.</summary>
    public DbSet<JobSweep> Sweeps => Set<JobSweep>();

    /// <summary>Images of jobs.</summary>
    public DbSet<RenderTask> Tasks => Set<RenderTask>();

    /// <summary>Pictures that were sent in.</summary>
    public DbSet<StoredInput> Inputs => Set<StoredInput>();

    /// <summary>Pictures that jobs begin from.</summary>
    public DbSet<JobInput> JobInputs => Set<JobInput>();

    /// <summary>Failed attempts.</summary>
    public DbSet<FailedAttempt> Failures => Set<FailedAttempt>();

    /// <summary>Workers that announced themselves.</summary>
    public DbSet<FarmWorker> Workers => Set<FarmWorker>();

    /// <summary>Devices of workers.</summary>
    public DbSet<FarmDevice> Devices => Set<FarmDevice>();

    /// <summary>All that devices last said of themselves.</summary>
    public DbSet<AnnouncedDevice> DeviceCapabilities => Set<AnnouncedDevice>();

    /// <summary>Checkpoints that some worker announced.</summary>
    public DbSet<FarmCheckpoint> Checkpoints => Set<FarmCheckpoint>();

    /// <summary>What holds for the farm as a whole.</summary>
    public DbSet<FarmState> State => Set<FarmState>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(FarmDbContext).Assembly);
        ConfigureIndexes(modelBuilder);
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            foreach (var property in entity.GetProperties())
                property.SetColumnName(ColumnName(property.Name));
        }
    }

    /// <summary>Indexes whose best form depends on the database.</summary>
    protected abstract void ConfigureIndexes(ModelBuilder shape);

    // JOB and INDEX alone would need quoting or mislead in hand-written queries.
    private static string ColumnName(string property) => property switch
    {
        "Job" => "job_id",
        "Index" => "task_index",
        _ => JsonNamingPolicy.SnakeCaseLower.ConvertName(property),
    };
}
