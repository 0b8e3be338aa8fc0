using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using RenderFarm.Coordinator.Jobs;

namespace RenderFarm.Coordinator.Persistence.Mappings;

internal sealed class TaskMapping : IEntityTypeConfiguration<RenderTask>
{
    public void Configure(EntityTypeBuilder<RenderTask> task)
    {
        task.ToTable("tasks");
        task.HasKey(t => new { t.Job, t.Index });
        task.Ignore(t => t.AttemptId);
        task.Ignore(t => t.IsSuspect);

        // The few tasks that some device holds now, out of millions: a lease marks exactly them.
        task.HasIndex(t => new { t.Worker, t.Device }).HasFilter("lease_expires_at IS NOT NULL").HasDatabaseName("ix_tasks_held");

        // The very few that must run alone, the oldest first.
        task.HasIndex(t => t.SuspectSince).HasFilter("suspect_since IS NOT NULL").HasDatabaseName("ix_tasks_suspect");

        // The event stream in its order.
        task.HasIndex(t => new { t.Job, t.EndedSeq }).HasFilter("ended_seq IS NOT NULL").HasDatabaseName("ix_tasks_ended");
    }
}

internal sealed class FailedAttemptMapping : IEntityTypeConfiguration<FailedAttempt>
{
    public void Configure(EntityTypeBuilder<FailedAttempt> failure)
    {
        failure.ToTable("attempt_failures");
        failure.HasKey(f => new { f.Job, f.Index, f.Attempt });
    }
}
