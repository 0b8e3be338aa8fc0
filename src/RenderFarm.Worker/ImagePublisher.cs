using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Diffusion;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Imaging;

namespace RenderFarm.Worker;

/// <summary>Pixels to a stored object: encode with the recipe inside, checksum, key, put.</summary>
internal sealed class ImagePublisher(IObjectStore store, IOptions<WorkerOptions> options, TimeProvider clock, ILogger<ImagePublisher> logger, IImageFiles? files = null)
    : IDisposable
{
    private readonly IImageFiles _files = files ?? new ImageFiles();

    // A store that is slower than the engine gets no more requests for it; pixels wait here, as many as the dispatcher lets the worker hold.
    private readonly SemaphoreSlim _places = new(options.Value.StoresAtOnce);

    /// <exception cref="ObjectStoreException">The store refused as often as tries are allowed.</exception>
    public async Task<StoredImage> PublishAsync(HeldRun run, GenerationResult result, ExecutionProfile profile, CancellationToken cancellation)
    {
        await _places.WaitAsync(cancellation);
        try
        {
            return await StoreAsync(run, result, profile, cancellation);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _places.Dispose();

    private async Task<StoredImage> StoreAsync(HeldRun run, GenerationResult result, ExecutionProfile profile, CancellationToken cancellation)
    {
        var command = run.Command;
        var file = _files.Encode(result.Image, SettingsMapping.ToFileFormat(command.Format), command.Quality, new ImageTexts
        {
            Parameters = ParametersText.For(command.Recipe),
            Recipe = command.Recipe.ToCanonicalJson(),
            Profile = profile.ToString(),
        });
        var key = ObjectKey.ForImage(run.Attempt, run.Run, command.Format);
        await PutAsync(key, file, command.Format, cancellation);
        return new StoredImage(
            key.Value, Convert.ToHexStringLower(SHA256.HashData(file)), file.Length, (long)result.RenderTime.TotalMilliseconds, profile.ToString())
        {
            // A score that is no number says nothing, and JSON has no word for it.
            SafetyFlag = result.SafetyScore is { } score && double.IsFinite(score) ? result.SafetyFlag : null,
            SafetyScore = result.SafetyScore is { } finite && double.IsFinite(finite) ? finite : null,
        };
    }

    private async Task PutAsync(ObjectKey key, byte[] file, string format, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await store.PutAsync(key, file, ImageFormats.ContentType(format), cancellation);
                return;
            }
            catch (ObjectStoreException error) when (tries < options.Value.StoreTries)
            {
                WorkerLog.StoringFailed(logger, key.Value, tries, options.Value.StoreTries, error);
                await Task.Delay(TimeSpan.FromMilliseconds(100 << (tries - 1)), clock, cancellation);
            }
        }
    }
}
