using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Diffusion;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Imaging;

namespace RenderFarm.Worker;

/// <summary>Pixels to a stored object: encode with the recipe inside, checksum, key, put.</summary>
internal sealed class ImagePublisher(IObjectStore store, StorePatience patience, IOptions<WorkerOptions> options, TimeProvider clock, IImageFiles? files = null)
    : IDisposable
{
    private readonly IImageFiles _files = files ?? new ImageFiles();

    // A store that is slower than the engine gets no more requests for it, and one that is away no more tries; pixels wait here, as many as the dispatcher
    // lets the worker hold.
    private readonly SemaphoreSlim _places = new(options.Value.StoresAtOnce);

    /// <exception cref="ObjectStoreException">The store refused, or was away for longer than the worker's patience since the pixels came.</exception>
    public async Task<StoredImage> PublishAsync(HeldRun run, GenerationResult result, ExecutionProfile profile, CancellationToken cancellation)
    {
        var since = clock.GetTimestamp();
        await _places.WaitAsync(cancellation);
        try
        {
            return await StoreAsync(run, result, profile, since, cancellation);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _places.Dispose();

    private async Task<StoredImage> StoreAsync(HeldRun run, GenerationResult result, ExecutionProfile profile, long since, CancellationToken cancellation)
    {
        var command = run.Command;
        var file = _files.Encode(result.Image, SettingsMapping.ToFileFormat(command.Format), command.Quality, new ImageTexts
        {
            Parameters = ParametersText.For(command.Recipe),
            Recipe = command.Recipe.ToCanonicalJson(),
            Profile = profile.ToString(),
        });
        var key = ObjectKey.ForImage(run.Attempt, run.Run, command.Format);
        await patience.RunAsync(run.Attempt, () => PutAsync(key, file, command.Format, cancellation), cancellation, since);
        return new StoredImage(
            key.Value, Convert.ToHexStringLower(SHA256.HashData(file)), file.Length, (long)result.RenderTime.TotalMilliseconds, profile.ToString())
        {
            // A score that is no number says nothing, and JSON has no word for it.
            SafetyFlag = result.SafetyScore is { } score && double.IsFinite(score) ? result.SafetyFlag : null,
            SafetyScore = result.SafetyScore is { } finite && double.IsFinite(finite) ? finite : null,
        };
    }

    private async Task<long> PutAsync(ObjectKey key, byte[] file, string format, CancellationToken cancellation)
    {
        await store.PutAsync(key, file, ImageFormats.ContentType(format), cancellation);
        return file.Length;
    }
}
