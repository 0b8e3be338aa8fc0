using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Services;

/// <summary>What every test of the bus on a real broker needs: a virtual host of its own.</summary>
public abstract class RabbitMqTest : IAsyncLifetime
{
    private VirtualHost? _world;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected VirtualHost World => _world!;

    public async ValueTask InitializeAsync() => _world = await RabbitMqService.NewVirtualHostAsync();

    public async ValueTask DisposeAsync()
    {
        if (_world is not null) await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
