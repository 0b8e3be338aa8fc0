using System.Security.Cryptography;
using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Worker.Checkpoints;

namespace RenderFarm.Cli.Checkpoints;

/// <summary>A checkpoint folder on this machine, as a manifest and its blobs.</summary>
internal static class CheckpointFolder
{
    // What the engine reads, and nothing else of what people keep beside it.
    private static readonly string[] Components =
    [
        "scheduler", "low_res_scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "unet", "vae_decoder", "vae_encoder", "safety_checker", "feature_extractor",
    ];

    private static readonly string[] Texts = ["model_index.json", "renderfarm.json"];

    /// <summary>Reads every file and describes it. The folder has to be a checkpoint that this engine runs.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="progress">Told of bytes read.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="CommandException">It is none; the message names the file and the reason.</exception>
    public static async Task<CheckpointManifest> ReadAsync(string folder, Action<long>? progress, CancellationToken cancellation)
    {
        try
        {
            var checkpoint = Checkpoint.Open(folder);
            // Graphs that do not fit are found before gigabytes are read and sent.
            CheckpointAnatomy.Read(checkpoint);
            List<CheckpointFile> files = [];
            foreach (var path in Paths(checkpoint.Folder)) files.Add(await ReadFileAsync(checkpoint.Folder, path, progress, cancellation));
            var description = CheckpointDescriptions.Of(checkpoint, CheckpointRules.DigestOf(files, checkpoint.ZeroesEmptyNegative));
            return new CheckpointManifest { Description = description, Files = files };
        }
        catch (Exception error) when (error is CheckpointException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCodes.WrongUse, error.Message, "Name a complete ONNX folder in the diffusers layout.", error);
        }
    }

    /// <summary>Bytes of the files that would be sent.</summary>
    public static long Bytes(string folder) => Directory.Exists(folder) ? Paths(folder).Sum(path => new FileInfo(Path.Combine(folder, path)).Length) : 0;

    /// <summary>One blob of a file.</summary>
    public static async Task<byte[]> ReadBlobAsync(string folder, string path, int place, int bytes, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(Path.Combine(folder, path));
        stream.Position = (long)place * CheckpointManifest.BlobBytes;
        var content = new byte[bytes];
        await stream.ReadExactlyAsync(content, cancellation);
        return content;
    }

    private static IEnumerable<string> Paths(string folder) => Texts.Where(text => File.Exists(Path.Combine(folder, text)))
        .Concat(
            from component in Components
            let directory = Path.Combine(folder, component)
            where Directory.Exists(directory)
            from file in Directory.EnumerateFiles(directory)
            select $"{component}/{Path.GetFileName(file)}")
        .Order(StringComparer.Ordinal);

    private static async Task<CheckpointFile> ReadFileAsync(string folder, string path, Action<long>? progress, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(Path.Combine(folder, path));
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Math.Min(stream.Length, CheckpointManifest.BlobBytes)];
        List<string> blobs = [];
        long bytes = 0;
        while (buffer.Length > 0 && await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation) is var read and > 0)
        {
            var piece = buffer.AsMemory(0, read);
            whole.AppendData(piece.Span);
            blobs.Add(Convert.ToHexStringLower(SHA256.HashData(piece.Span)));
            bytes += read;
            progress?.Invoke(read);
        }

        return new CheckpointFile(path, bytes, Convert.ToHexStringLower(whole.GetHashAndReset()), blobs);
    }
}
