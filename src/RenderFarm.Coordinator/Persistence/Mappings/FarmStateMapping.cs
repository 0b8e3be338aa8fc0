using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Persistence.Mappings;

internal sealed class FarmStateMapping : IEntityTypeConfiguration<FarmState>
{
    public void Configure(EntityTypeBuilder<FarmState> state)
    {
        state.ToTable("farm_state");
        state.HasKey(s => s.Id);
        state.Property(s => s.Id).ValueGeneratedNever();
    }
}
