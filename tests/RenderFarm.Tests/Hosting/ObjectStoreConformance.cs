using System.Security.Cryptography;
using System.Text;
using RenderFarm.Hosting.ObjectStore;
using Xunit;

namespace RenderFarm.Tests.Hosting;

/// <summary>What every object store must do. Each implementation inherits it.</summary>
public abstract class ObjectStoreConformance
{
    protected abstract IObjectStore Store { get; }

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stored_object_is_read_back_whole()
    {
        var content = Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31)).ToArray();
        await Store.PutAsync(new ObjectKey("images/a/1.png"), content, "image/png", Cancellation);
        Assert.Equal(content, await ReadAsync("images/a/1.png"));
        Assert.Equal(content.Length, await Store.SizeAsync(new ObjectKey("images/a/1.png"), Cancellation));
    }

    [Fact]
    public async Task Empty_object_is_an_object()
    {
        await Store.PutAsync(new ObjectKey("empty"), ReadOnlyMemory<byte>.Empty, "image/png", Cancellation);
        Assert.Equal(0, await Store.SizeAsync(new ObjectKey("empty"), Cancellation));
        Assert.Empty(await ReadAsync("empty") ?? [1]);
    }

    [Fact]
    public async Task Missing_object_reads_as_null()
    {
        Assert.Null(await Store.OpenAsync(new ObjectKey("images/none.png"), Cancellation));
        Assert.Null(await Store.SizeAsync(new ObjectKey("images/none.png"), Cancellation));
    }

    [Fact]
    public async Task Head_tells_the_size_and_the_checksum_of_what_is_stored()
    {
        var content = Enumerable.Range(0, 5_000).Select(i => (byte)(i * 7)).ToArray();
        await Store.PutAsync(new ObjectKey("images/head.png"), content, "image/png", Cancellation);
        Assert.Equal(
            new ObjectHead(content.Length, Convert.ToHexStringLower(SHA256.HashData(content))), await Store.HeadAsync(new ObjectKey("images/head.png"), Cancellation));
        Assert.Null(await Store.HeadAsync(new ObjectKey("images/no-head.png"), Cancellation));
    }

    [Fact]
    public async Task Second_put_of_a_key_replaces_the_first()
    {
        await PutAsync("images/twice.png", "first, and longer");
        await PutAsync("images/twice.png", "second");
        Assert.Equal("second", Encoding.UTF8.GetString((await ReadAsync("images/twice.png"))!));
    }

    [Fact]
    public async Task Deleted_object_is_gone_and_deleting_again_is_no_error()
    {
        await PutAsync("images/gone.png", "x");
        await Store.DeleteAsync(new ObjectKey("images/gone.png"), Cancellation);
        await Store.DeleteAsync(new ObjectKey("images/gone.png"), Cancellation);
        await Store.DeleteAsync(new ObjectKey("nowhere/at/all.png"), Cancellation);
        Assert.Null(await Store.OpenAsync(new ObjectKey("images/gone.png"), Cancellation));
    }

    [Fact]
    public async Task Listing_gives_the_keys_of_a_prefix_in_ordinal_order()
    {
        foreach (var key in (string[])["images/b/2.png", "images/b/10.png", "images/a/1.png", "other/b/1.png"]) await PutAsync(key, "x");
        Assert.Equal(["images/a/1.png", "images/b/10.png", "images/b/2.png"], await ListAsync("images/"));
        Assert.Equal(["images/b/10.png", "images/b/2.png"], await ListAsync("images/b/"));
        Assert.Empty(await ListAsync("images/c/"));
    }

    [Fact]
    public async Task Parallel_puts_under_one_prefix_all_arrive()
    {
        await Task.WhenAll(Enumerable.Range(0, 64).Select(i => PutAsync($"parallel/{i:D2}.png", $"{i}")));
        Assert.Equal(64, (await ListAsync("parallel/")).Count);
    }

    private Task PutAsync(string key, string content) => Store.PutAsync(new ObjectKey(key), Encoding.UTF8.GetBytes(content), "image/png", Cancellation);

    private async Task<byte[]?> ReadAsync(string key)
    {
        await using var stream = await Store.OpenAsync(new ObjectKey(key), Cancellation);
        if (stream is null) return null;
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Cancellation);
        return copy.ToArray();
    }

    private async Task<List<string>> ListAsync(string prefix)
    {
        List<string> keys = [];
        await foreach (var key in Store.ListAsync(prefix, Cancellation)) keys.Add(key.Value);
        return keys;
    }
}
