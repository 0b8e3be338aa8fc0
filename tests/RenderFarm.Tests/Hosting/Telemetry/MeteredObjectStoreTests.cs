using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Hosting.Telemetry;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Hosting.Telemetry;

public sealed class MeteredObjectStoreTests
{
    [Fact]
    public async Task Put_is_timed_whether_it_succeeds_or_fails()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var reader = new InstrumentReader(instrument => instrument.Name == FarmInstruments.StorePut);
        var store = new MeteredObjectStore(new MemoryObjectStore(), TimeProvider.System);
        var key = ObjectKey.ForImage(new AttemptId(JobId.New(TimeProvider.System), 0, 1), RunId.New(TimeProvider.System), ImageFormats.Png);

        await store.PutAsync(key, new byte[] { 1, 2, 3 }, "image/png", cancellation);
        await Assert.ThrowsAsync<ObjectStoreException>(() => new MeteredObjectStore(new RefusingStore(), TimeProvider.System).PutAsync(key, new byte[1], "image/png", cancellation));

        var seen = reader.Read(FarmInstruments.StorePut, "outcome");
        Assert.Contains(seen, entry => entry.Tag == "stored" && entry.Value >= 0);
        Assert.Contains(seen, entry => entry.Tag == "failed");
        Assert.Equal(3, await store.SizeAsync(key, cancellation));
    }

    [Fact]
    public void Every_ability_of_the_store_behind_it_is_passed_on()
    {
        // A default implementation of the interface would hide the inner store's own, in silence.
        var map = typeof(MeteredObjectStore).GetInterfaceMap(typeof(IObjectStore));

        Assert.All(map.TargetMethods, method => Assert.Equal(typeof(MeteredObjectStore), method.DeclaringType));
    }

    private sealed class RefusingStore : IObjectStore
    {
        public Task PutAsync(ObjectKey key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellation) =>
            throw new ObjectStoreException("The store refuses.");

        public Task<Stream?> OpenAsync(ObjectKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<long?> SizeAsync(ObjectKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public Task DeleteAsync(ObjectKey key, CancellationToken cancellation) => throw new NotSupportedException();

        public IAsyncEnumerable<ObjectKey> ListAsync(string prefix, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
