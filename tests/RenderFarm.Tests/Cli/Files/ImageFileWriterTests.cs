using System.Text;
using RenderFarm.Cli;
using RenderFarm.Cli.Files;
using RenderFarm.Tests.Cli.Testing;
using Xunit;

namespace RenderFarm.Tests.Cli.Files;

public sealed class ImageFileWriterTests : IDisposable
{
    private static readonly byte[] Picture = Encoding.UTF8.GetBytes("picture");
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task File_is_written_whole_and_nothing_else_is_left()
    {
        var path = await new ImageFileWriter().WriteAsync(folder.Path, "a.png", Picture, Cancel);
        Assert.Equal(folder.At("a.png"), path);
        Assert.Equal(Picture, await File.ReadAllBytesAsync(path, Cancel));
        Assert.Equal(["a.png"], folder.Names());
    }

    [Fact]
    public async Task Another_file_of_the_name_is_never_overwritten()
    {
        await File.WriteAllTextAsync(folder.At("a.png"), "mine", Cancel);
        await File.WriteAllTextAsync(folder.At("a-2.png"), "mine too", Cancel);
        Assert.Equal(folder.At("a-3.png"), await new ImageFileWriter().WriteAsync(folder.Path, "a.png", Picture, Cancel));
        Assert.Equal("mine", await File.ReadAllTextAsync(folder.At("a.png"), Cancel));
        Assert.Equal(["a-2.png", "a-3.png", "a.png"], folder.Names());
    }

    [Fact]
    public async Task File_with_the_same_bytes_is_kept_as_it_is()
    {
        var writer = new ImageFileWriter();
        await writer.WriteAsync(folder.Path, "a.png", Picture, Cancel);
        Assert.Equal(folder.At("a.png"), await writer.WriteAsync(folder.Path, "a.png", Picture, Cancel));
        Assert.Equal(["a.png"], folder.Names());
    }

    [Fact]
    public async Task Many_writers_of_one_name_all_get_a_file_of_their_own()
    {
        var writer = new ImageFileWriter();
        var paths = await Task.WhenAll(Enumerable.Range(0, 20).Select(
            i => Task.Run(() => writer.WriteAsync(folder.Path, "a.png", Encoding.UTF8.GetBytes($"picture {i}"), Cancel))));
        Assert.Equal(20, paths.Distinct().Count());
        Assert.Equal(20, folder.Names().Length);
        for (var i = 0; i < paths.Length; i++) Assert.Equal($"picture {i}", await File.ReadAllTextAsync(paths[i], Cancel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Full_disk_is_named_and_leaves_nothing_half_made(int room)
    {
        var writer = new ImageFileWriter(path => new FullDisk(File.Create(path), room));
        var error = await Assert.ThrowsAsync<CommandException>(() => writer.WriteAsync(folder.Path, "a.png", Picture, Cancel));
        Assert.Equal(ExitCodes.Failed, error.ExitCode);
        Assert.Equal($"{folder.At("a.png")} cannot be written: no space left on the disk.", error.Message);
        Assert.Contains("--out", error.NextStep, StringComparison.Ordinal);
        Assert.Empty(folder.Names());
    }

    [Fact]
    public void Folder_is_made_where_it_is_missing()
    {
        new ImageFileWriter().Prepare(folder.At("new/deep"));
        Assert.True(Directory.Exists(folder.At("new/deep")));
        Assert.Empty(Directory.GetFileSystemEntries(folder.At("new/deep")));
    }

    [Fact]
    public void Folder_that_is_a_file_is_wrong_use()
    {
        File.WriteAllText(folder.At("file"), "");
        var error = Assert.Throws<CommandException>(() => new ImageFileWriter().Prepare(folder.At("file")));
        Assert.Equal(ExitCodes.WrongUse, error.ExitCode);
        Assert.StartsWith(folder.At("file"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_without_permission_is_wrong_use()
    {
        var writer = new ImageFileWriter(_ => throw new UnauthorizedAccessException("Access denied."));
        var error = Assert.Throws<CommandException>(() => writer.Prepare(folder.Path));
        Assert.Equal(ExitCodes.WrongUse, error.ExitCode);
        Assert.Equal($"{folder.Path} cannot be written: permission denied.", error.Message);
    }

    /// <summary>A file on a disk with room for so many bytes: writing more fails with the system's own number for it.</summary>
    private sealed class FullDisk(FileStream file, int room) : MemoryStream
    {
        private const int NoSpaceLeft = 28;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await file.WriteAsync(buffer[..room], cancellationToken);
            throw new IOException("No space left on device", NoSpaceLeft);
        }

        protected override void Dispose(bool disposing)
        {
            file.Dispose();
            base.Dispose(disposing);
        }
    }
}
