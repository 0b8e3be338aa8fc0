using Microsoft.Extensions.Logging.Abstractions;
using RenderFarm.Coordinator.Retention;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Retention;

public sealed class ObjectRemovalTests
{
    private const string Prefix = "images/a/";
    private readonly MemoryObjectStore _store = new();
    private readonly ObjectRemoval _removal;
    private int _tries;

    public ObjectRemovalTests() => _removal = new ObjectRemoval(_store, NullLogger.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_of_a_prefix_go_and_are_counted()
    {
        await PutAsync(20);
        await _store.PutAsync(new ObjectKey("images/b/0"), new byte[1], "image/png", Cancellation);

        Assert.Equal((20, 0), (await _removal.TryRemoveAllAsync(Prefix, Cancellation), await _removal.TryRemoveAllAsync(Prefix, Cancellation)));
        Assert.NotNull(await _store.SizeAsync(new ObjectKey("images/b/0"), Cancellation));
    }

    [Fact]
    public async Task Object_that_the_store_will_not_remove_keeps_no_other_and_is_said_to_be_left()
    {
        await PutAsync(200);
        _store.Deleting = key =>
        {
            if (key.Value.EndsWith("07", StringComparison.Ordinal)) throw Failure(true);
        };

        Assert.Null(await _removal.TryRemoveAllAsync(Prefix, Cancellation));

        Assert.Equal([$"{Prefix}007", $"{Prefix}107"], (await _store.ListAsync(Prefix, Cancellation).ToListAsync(Cancellation)).Select(key => key.Value));
        Assert.False(_removal.IsInVain);
    }

    [Fact]
    public async Task Prefix_that_cannot_be_listed_is_left()
    {
        await PutAsync(1);
        _store.Listing = _ => throw Failure(true);

        Assert.Null(await _removal.TryRemoveAllAsync(Prefix, Cancellation));
    }

    [Theory]
    [InlineData(true, 100)]
    [InlineData(false, 10)]
    public async Task Store_that_removes_nothing_is_not_tried_for_every_object(bool isRefusal, int most)
    {
        await PutAsync(500);
        _store.Deleting = _ => Fail(isRefusal);

        Assert.Null(await _removal.TryRemoveAllAsync(Prefix, Cancellation));

        Assert.True(_removal.IsInVain);
        // Eight are under way together.
        Assert.InRange(_tries, most, most + 7);
    }

    [Fact]
    public async Task One_that_is_removed_between_says_that_the_store_is_there()
    {
        for (var i = 0; i < 3; i++)
        {
            _store.Deleting = _ => Fail(false);
            for (var failure = 0; failure < 9; failure++) Assert.False(await _removal.TryRemoveAsync(new ObjectKey("images/a/bad"), Cancellation));
            _store.Deleting = null;
            Assert.False(_removal.IsInVain);
            Assert.True(await _removal.TryRemoveAsync(new ObjectKey("images/a/good"), Cancellation));
        }
    }

    private static ObjectStoreException Failure(bool isRefusal) => new("The object store says no for this test.") { IsRefusal = isRefusal };

    private void Fail(bool isRefusal)
    {
        Interlocked.Increment(ref _tries);
        throw Failure(isRefusal);
    }

    private async Task PutAsync(int count)
    {
        for (var i = 0; i < count; i++) await _store.PutAsync(new ObjectKey($"{Prefix}{i:D3}"), new byte[1], "image/png", Cancellation);
    }
}
