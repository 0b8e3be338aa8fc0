using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Inputs;
using RenderFarm.Imaging;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>A picture that a request names or carries.</summary>
/// <param name="Digest">Digest of its pixels.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Carried">The picture, when the request carries it: to be stored once the request is known to be right; null when it is stored already.</param>
internal sealed record RequestPicture(string Digest, int Width, int Height, CanonicalPicture? Carried = null);

/// <summary>The pictures of a request; null where it has none, or one that cannot be used.</summary>
internal sealed record JobPictures(RequestPicture? InitImage, RequestPicture? Mask)
{
    /// <summary>Text to image.</summary>
    public static JobPictures None { get; } = new(null, null);
}

/// <summary>Finds the pictures that a request names, and reads those that it carries.</summary>
internal sealed class RequestPictures(InputStore inputs)
{
    private const string DataUrl = "data:";
    private const string How = "A digest that POST /v1/inputs answered with, or the picture itself as data:image/png;base64,… (jpeg and webp too).";

    /// <summary>Finds and reads; stores nothing.</summary>
    /// <exception cref="Hosting.ObjectStore.ObjectStoreException">The store refused or could not be reached.</exception>
    public async Task<JobPictures> FindAsync(SubmitJob request, SettingsCheck check, CancellationToken cancellation) => new(
        await FindAsync("init_image", request.InitImage, check, cancellation), await FindAsync("mask", request.Mask, check, cancellation));

    /// <summary>Stores the pictures that the request carried.</summary>
    /// <exception cref="Hosting.ObjectStore.ObjectStoreException">The store refused or could not be reached.</exception>
    public async Task StoreAsync(JobPictures pictures, CancellationToken cancellation)
    {
        foreach (var picture in new[] { pictures.InitImage?.Carried, pictures.Mask?.Carried })
        {
            if (picture is not null) await inputs.PutAsync(picture, cancellation);
        }
    }

    private async Task<RequestPicture?> FindAsync(string field, string? given, SettingsCheck check, CancellationToken cancellation)
    {
        if (given is null) return null;
        try
        {
            if (given.StartsWith(DataUrl, StringComparison.OrdinalIgnoreCase)) return await ReadAsync(field, given, check, cancellation);
            if (!InputDigest.IsWellFormed(given)) check.Unusable(field, given, How);
            else if (await inputs.UseAsync(given, cancellation) is { } size) return new RequestPicture(given, size.Width, size.Height);
            else check.Unusable(field, given, "The farm holds no such picture. Send it to POST /v1/inputs first. " + How);
        }
        catch (ImageFormatException error)
        {
            check.Unusable(field, given, $"{error.Message} {InputFaults.Allowed}");
        }

        return null;
    }

    private async Task<RequestPicture?> ReadAsync(string field, string url, SettingsCheck check, CancellationToken cancellation)
    {
        if (Decode(url) is not { } file)
        {
            check.Unusable(field, url, How);
            return null;
        }

        var picture = await inputs.ReadAsync(file, cancellation);
        return new RequestPicture(picture.Digest, picture.Width, picture.Height, picture);
    }

    /// <summary>The bytes of a base64 data URL (RFC 2397) of one of the three formats; null for any other.</summary>
    private static byte[]? Decode(string url)
    {
        var comma = url.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0 || !ImageFormats.All.Any(format => url[..comma].Equals($"{DataUrl}{ImageFormats.ContentType(format)};base64", StringComparison.OrdinalIgnoreCase))) return null;
        var bytes = new byte[(url.Length - comma) * 3 / 4];
        return Convert.TryFromBase64Chars(url.AsSpan(comma + 1), bytes, out var length) ? bytes[..length] : null;
    }
}
