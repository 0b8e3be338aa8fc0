using RenderFarm.Cli.Client;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Checkpoints;

namespace RenderFarm.Cli.Checkpoints;

/// <summary>Sends a folder to a farm. What the farm has is not sent again, so a push that broke off goes on where it was.</summary>
internal sealed class CheckpointPush(CheckpointClient farm, string folder, CheckpointManifest manifest)
{
    private const int SentAtOnce = 4;

    /// <summary>Sends what is missing and publishes the name.</summary>
    /// <param name="name">The name; a former revision of that name gives it up.</param>
    /// <param name="sent">Told how many bytes there are to send, then of each blob sent.</param>
    /// <param name="cancellation">Stops; what was sent stays.</param>
    /// <exception cref="CommandException">The farm refused, cannot be reached, or the folder changed meanwhile.</exception>
    public async Task<StoredCheckpointView> RunAsync(string name, ITransfer sent, CancellationToken cancellation)
    {
        await SendMissingAsync(sent, cancellation);
        try
        {
            return await farm.PublishAsync(name, manifest, cancellation);
        }
        catch (FarmApiException error) when (error.Problem.Code == ProblemCodes.Conflict)
        {
            // Somebody removed a checkpoint that shared blobs with this one while it was sent.
            await SendMissingAsync(sent, cancellation);
            return await farm.PublishAsync(name, manifest, cancellation);
        }
    }

    private async Task SendMissingAsync(ITransfer sent, CancellationToken cancellation)
    {
        var missing = (await farm.MissingAsync([.. manifest.Blobs().Select(blob => blob.Sha256)], cancellation)).ToHashSet();
        var pieces = manifest.Files
            .SelectMany(file => file.BlobSizes().Select((blob, place) => (file.Path, Place: place, Blob: blob)))
            .Where(piece => missing.Contains(piece.Blob.Sha256))
            .DistinctBy(piece => piece.Blob.Sha256)
            .ToList();
        sent.Expect(pieces.Sum(piece => (long)piece.Blob.SizeBytes));
        await Parallel.ForEachAsync(pieces, new ParallelOptions { MaxDegreeOfParallelism = SentAtOnce, CancellationToken = cancellation }, async (piece, token) =>
        {
            await SendAsync(piece.Path, piece.Place, piece.Blob, token);
            sent.Advance(piece.Blob.SizeBytes);
        });
    }

    private async Task SendAsync(string path, int place, CheckpointBlob blob, CancellationToken cancellation)
    {
        try
        {
            await farm.PutBlobAsync(blob.Sha256, await CheckpointFolder.ReadBlobAsync(folder, path, place, blob.SizeBytes, cancellation), cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FarmApiException { Problem.Code: ProblemCodes.InvalidRequest })
        {
            throw new CommandException(ExitCodes.Failed, $"{Path.Combine(folder, path)} changed while it was sent: {error.Message.TrimEnd('.')}.", "Push again; what was sent stays.", error);
        }
    }
}
