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
        job.Ignore(j => j.Needs);
        job.Ignore(j => j.HasTrailing);
        job.HasIndex(j => new { j.Tenant, j.IdempotencyKey }).IsUnique().HasDatabaseName("ux_jobs_idempotency");
        job.HasIndex(j => new { j.Tenant, j.Id }).HasDatabaseName("ix_jobs_tenant");
        job.HasIndex(j => j.Status).HasDatabaseName("ix_jobs_status");
        job.HasIndex(j => j.DeleteAfter).HasFilter("delete_after IS NOT NULL AND purged_at IS NULL").HasDatabaseName("ix_jobs_delete_after");
        job.HasIndex(j => j.PurgedAt).HasFilter("purged_at IS NOT NULL").HasDatabaseName("ix_jobs_purged");

        // The very few whose rows still have to follow a cancel or a retry.
        job.HasIndex(j => j.CanceledSeq).HasFilter("canceled_seq IS NOT NULL").HasDatabaseName("ix_jobs_canceled");
        job.HasIndex(j => j.RetriedSeq).HasFilter("retried_seq IS NOT NULL").HasDatabaseName("ix_jobs_retried");

        // Its images are gone: for everyone but retention it is gone too.
        job.HasQueryFilter(j => j.PurgedAt == null);
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
