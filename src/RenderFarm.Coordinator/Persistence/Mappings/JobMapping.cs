using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Coordinator.Persistence.Mappings;

internal sealed class JobMapping : IEntityTypeConfiguration<RenderJob>
{
    public void Configure(EntityTypeBuilder<RenderJob> job)
    {
        job.ToTable("jobs");
        job.HasKey(j => j.Id);
        job.Ignore(j => j.PinnedProfile);
        job.HasIndex(j => new { j.Tenant, j.IdempotencyKey }).IsUnique().HasDatabaseName("ux_jobs_idempotency");
        job.HasIndex(j => new { j.Tenant, j.Id }).HasDatabaseName("ix_jobs_tenant");
        job.HasIndex(j => j.Status).HasDatabaseName("ix_jobs_status");
    }
}

internal sealed class SweepMapping : IEntityTypeConfiguration<JobSweep>
{
    public void Configure(EntityTypeBuilder<JobSweep> sweep)
    {
        sweep.ToTable("job_sweeps");
        sweep.HasKey(s => s.Job);
    }
}
