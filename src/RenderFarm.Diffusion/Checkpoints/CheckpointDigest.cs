using System.Security.Cryptography;
using System.Text;

namespace RenderFarm.Diffusion.Checkpoints;

/// <summary>
/// Names the bytes of a checkpoint: SHA-256 over the sorted lines <c>path NUL sha256 LF</c> of every file that can move a pixel. The manifest
/// and texts for people are left out, so that a corrected default or README makes no new checkpoint. Of model_index.json one member moves pixels, and adds
/// the line <c>force_zeros_for_empty_prompt NUL true LF</c> where it is true.
/// </summary>
public static class CheckpointDigest
{
    private static readonly string[] Components =
        ["scheduler", "low_res_scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "unet", "vae_decoder", "vae_encoder"];

    /// <summary><c>sha256:</c> and 64 lower-case hexadecimal digits. Reads every file of the checkpoint.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static async Task<string> ComputeAsync(Checkpoint checkpoint, CancellationToken cancellation = default)
    {
        var lines = new StringBuilder();
        foreach (var (path, file) in Files(checkpoint.Folder).OrderBy(entry => entry.Path, StringComparer.Ordinal))
        {
            await using var stream = File.OpenRead(file);
            var hash = await SHA256.HashDataAsync(stream, cancellation);
            lines.Append(path).Append('\0').Append(Convert.ToHexStringLower(hash)).Append('\n');
        }

        if (checkpoint.ZeroesEmptyNegative) lines.Append("force_zeros_for_empty_prompt\0true\n");
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())));
    }

    private static IEnumerable<(string Path, string File)> Files(string folder) =>
        from component in Components
        let directory = Path.Combine(folder, component)
        where Directory.Exists(directory)
        from file in Directory.EnumerateFiles(directory)
        select ($"{component}/{Path.GetFileName(file)}", file);
}
