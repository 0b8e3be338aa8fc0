using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using RenderFarm.Coordinator.Inputs;

namespace RenderFarm.Coordinator.Persistence.Mappings;

internal sealed class StoredInputMapping : IEntityTypeConfiguration<StoredInput>
{
    public void Configure(EntityTypeBuilder<StoredInput> input)
    {
        input.ToTable("inputs");
        input.HasKey(i => i.Digest);
        input.HasIndex(i => i.UsedAt).HasDatabaseName("ix_inputs_used_at");
    }
}

internal sealed class JobInputMapping : IEntityTypeConfiguration<JobInput>
{
    public void Configure(EntityTypeBuilder<JobInput> use)
    {
        use.ToTable("job_inputs");
        use.HasKey(u => new { u.Job, u.Digest });
        use.HasIndex(u => u.Digest).HasDatabaseName("ix_job_inputs_digest");
    }
}
