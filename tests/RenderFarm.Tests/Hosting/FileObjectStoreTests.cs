using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Hosting.Telemetry;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.Tests.Hosting;

public sealed class FileObjectStoreTests : ObjectStoreConformance, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-store-");

    public FileObjectStoreTests() => Store = new FileObjectStore(_folder.FullName);

    protected override IObjectStore Store { get; }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Refused_write_names_the_key_and_leaves_nothing_half_made()
    {
        // A file stands where the key needs a folder: no permission bits are involved, so the test holds for root too.
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "images"), "in the way", Cancellation);
        var error = await Assert.ThrowsAsync<ObjectStoreException>(
            () => Store.PutAsync(new ObjectKey("images/a.png"), new byte[] { 1 }, "image/png", Cancellation));
        Assert.Contains("images/a.png", error.Message, StringComparison.Ordinal);
        Assert.Single(_folder.GetFileSystemInfos());
    }

    [Fact]
    public void Folder_is_known_for_a_disk_also_behind_the_meter()
    {
        Assert.True(Store.IsFolder);
        Assert.True(new MeteredObjectStore(Store, TimeProvider.System).IsFolder);
        Assert.False(new MeteredObjectStore(new MemoryObjectStore(), TimeProvider.System).IsFolder);
    }

    [Fact]
    public async Task Canceled_write_leaves_nothing_half_made()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Store.PutAsync(new ObjectKey("images/a.png"), new byte[] { 1 }, "image/png", new CancellationToken(true)));
        Assert.Empty(_folder.GetFiles("*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Listing_leaves_out_what_somebody_else_put_into_the_folder()
    {
        await Store.PutAsync(new ObjectKey("images/a.png"), new byte[] { 1 }, "image/png", Cancellation);
        foreach (var stranger in (string[])["Thumbs.db", ".hidden", "a copy.png"]) await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "images", stranger), "x", Cancellation);
        Assert.Equal(["images/a.png"], await Store.ListAsync("images/", Cancellation).Select(key => key.Value).ToListAsync(Cancellation));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../up")]
    [InlineData("a/../../up")]
    [InlineData("a//b")]
    [InlineData("a/.hidden")]
    [InlineData("A")]
    [InlineData("a\\b")]
    [InlineData("a\n")]
    public void Text_that_could_leave_the_folder_is_no_key(string text) => Assert.Throws<ArgumentException>(() => new ObjectKey(text));
}
