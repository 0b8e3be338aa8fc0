using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing.Coordinator;

namespace RenderFarm.Tests.Hosting;

/// <summary>The double that other tests stand on does what the real stores do.</summary>
public sealed class MemoryObjectStoreTests : ObjectStoreConformance
{
    protected override IObjectStore Store { get; } = new MemoryObjectStore();
}
