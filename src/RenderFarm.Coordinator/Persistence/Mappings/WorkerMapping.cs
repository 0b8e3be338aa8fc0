using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Persistence.Mappings;

internal sealed class WorkerMapping : IEntityTypeConfiguration<FarmWorker>
{
    public void Configure(EntityTypeBuilder<FarmWorker> worker)
    {
        worker.ToTable("workers");
        worker.HasKey(w => w.Name);
        worker.PrimitiveCollection(w => w.Checkpoints);
        worker.PrimitiveCollection(w => w.Faults);
    }
}

internal sealed class DeviceMapping : IEntityTypeConfiguration<FarmDevice>
{
    public void Configure(EntityTypeBuilder<FarmDevice> device)
    {
        device.ToTable("devices");
        device.HasKey(d => new { d.Worker, d.Device });
        device.Ignore(d => d.Speed);
        device.Ignore(d => d.IsFast);
    }
}

internal sealed class DeviceCapabilitiesMapping : IEntityTypeConfiguration<AnnouncedDevice>
{
    public void Configure(EntityTypeBuilder<AnnouncedDevice> device)
    {
        device.ToTable("device_capabilities");
        device.HasKey(d => new { d.Worker, d.Device });
    }
}

internal sealed class CheckpointMapping : IEntityTypeConfiguration<FarmCheckpoint>
{
    public void Configure(EntityTypeBuilder<FarmCheckpoint> checkpoint)
    {
        checkpoint.ToTable("checkpoints");
        checkpoint.HasKey(c => c.Digest);
    }
}
