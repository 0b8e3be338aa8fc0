using RenderFarm.Hosting.Checkpoints;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Tests.Contracts.Checkpoints;
using Xunit;

namespace RenderFarm.Tests.Hosting.Checkpoints;

public sealed class CheckpointFetcherTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AStoredCheckpoint _stored = AStoredCheckpoint.Of(("unet/model.onnx", "weights"), ("unet/empty", ""), ("model_index.json", "{}"));
    private readonly List<string> _opened = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_are_fetched_once_and_what_is_right_is_kept()
    {
        long bytes = 0;
        await Fetcher().FetchAsync(_stored.Manifest, _folder.Path, done => bytes += done, Cancellation);
        Assert.Equal(("weights", "", "{}", 9), (Read("unet/model.onnx"), Read("unet/empty"), Read("model_index.json"), bytes));
        Assert.Equal(2, _opened.Count);

        await Fetcher().FetchAsync(_stored.Manifest, _folder.Path, null, Cancellation);
        Assert.Equal(2, _opened.Count);
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.part", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("weightz")]
    [InlineData("short")]
    [InlineData("much longer than it was")]
    public async Task Damaged_file_is_found_and_fetched_again(string content)
    {
        await Fetcher().FetchAsync(_stored.Manifest, _folder.Path, null, Cancellation);
        File.WriteAllText(Path.Combine(_folder.Path, "unet", "model.onnx"), content);
        await Fetcher().FetchAsync(_stored.Manifest, _folder.Path, null, Cancellation);
        Assert.Equal(("weights", 3), (Read("unet/model.onnx"), _opened.Count));
    }

    [Fact]
    public async Task Half_a_file_of_a_former_try_is_gone_on_with_or_begun_anew()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "unet"));
        File.WriteAllText(Path.Combine(_folder.Path, "unet", "model.onnx.part"), "weights");
        File.WriteAllText(Path.Combine(_folder.Path, "model_index.json.part"), "something longer");
        await Fetcher().FetchAsync(_stored.Manifest, _folder.Path, null, Cancellation);
        Assert.Equal(("weights", "{}", 1), (Read("unet/model.onnx"), Read("model_index.json"), _opened.Count));
    }

    [Fact]
    public async Task Blob_with_other_bytes_is_asked_for_twice_and_then_named()
    {
        var blob = _stored.Manifest.Files[0].Blobs[0];
        _stored.Blobs[blob] = [.. "Weights"u8];
        var error = await Assert.ThrowsAsync<CheckpointTransferException>(() => Fetcher().FetchAsync(_stored.Manifest, _folder.Path, null, Cancellation));
        Assert.Equal((TransferFault.Damaged, 2), (error.Fault, _opened.Count(opened => opened == blob)));
        Assert.Contains("unet/model.onnx", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder.Path, "unet", "model.onnx")));
    }

    [Fact]
    public async Task Missing_blob_is_named_with_the_next_step()
    {
        _stored.Blobs.Remove(_stored.Manifest.Files[0].Blobs[0]);
        var error = await Assert.ThrowsAsync<CheckpointTransferException>(() => Fetcher().FetchAsync(_stored.Manifest, _folder.Path, null, Cancellation));
        Assert.Contains("Push the checkpoint again", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Link_in_the_folder_is_not_followed()
    {
        using var outside = new TemporaryFolder();
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "unet"), outside.Path);
        var error = await Assert.ThrowsAsync<CheckpointTransferException>(() => Fetcher().FetchAsync(_stored.Manifest, _folder.Path, null, Cancellation));
        Assert.Equal(TransferFault.Refused, error.Fault);
        Assert.Empty(Directory.GetFileSystemEntries(outside.Path));
    }

    [Fact]
    public async Task Full_disk_is_said_to_be_full()
    {
        var fetcher = new CheckpointFetcher(OpenAsync, _ => new FullDisk());
        var error = await Assert.ThrowsAsync<CheckpointTransferException>(() => fetcher.FetchAsync(_stored.Manifest, _folder.Path, null, Cancellation));
        Assert.Equal(TransferFault.DiskFull, error.Fault);
        Assert.Contains("Free some space", error.Message, StringComparison.Ordinal);
    }

    private CheckpointFetcher Fetcher() => new(OpenAsync);

    private Task<Stream?> OpenAsync(string sha256, CancellationToken cancellation)
    {
        _opened.Add(sha256);
        return Task.FromResult<Stream?>(_stored.Blobs.TryGetValue(sha256, out var content) ? new MemoryStream(content) : null);
    }

    private string Read(string path) => File.ReadAllText(Path.Combine(_folder.Path, path));

    // The error of a write to a disk without space, as the system gives it: nature's own would need a disk to fill.
    private sealed class FullDisk : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("No space left on device", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28);
    }
}
