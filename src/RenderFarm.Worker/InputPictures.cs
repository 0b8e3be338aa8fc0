using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Imaging;

namespace RenderFarm.Worker;

/// <summary>A picture that a recipe names cannot be had.</summary>
/// <param name="code"><see cref="FailureCodes.InputMissing"/> or <see cref="FailureCodes.InputDamaged"/>.</param>
/// <param name="message">Which one, and what to do.</param>
internal sealed class InputException(string code, string message) : Exception(message)
{
    public string Code => code;
}

/// <summary>The pictures of one recipe, decoded; null where it has none.</summary>
internal sealed record RecipePictures(RgbImage? InitImage, RgbImage? Mask)
{
    /// <summary>Text to image.</summary>
    public static RecipePictures None { get; } = new(null, null);
}

/// <summary>
/// Fetches the pictures that recipes name from the object store, and proves that their pixels are the ones named: a picture that was damaged on its way
/// would give another image under the same recipe. The images of one job mostly share theirs, so the latest are kept.
/// </summary>
internal sealed class InputPictures(IObjectStore store)
{
    /// <summary>Bytes of decoded pictures that are kept: five of the largest, 85 of 512×512 pixels.</summary>
    private const long KeptBytes = 64L * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<(string Digest, RgbImage Picture)> _recent = [];
    private long _bytes;

    /// <summary>The pictures of a recipe.</summary>
    /// <exception cref="InputException">One of them is missing or damaged.</exception>
    /// <exception cref="ObjectStoreException">The store refused or could not be reached.</exception>
    public async Task<RecipePictures> OfAsync(Recipe recipe, CancellationToken cancellation) => recipe.InitImage is null
        ? RecipePictures.None
        : new RecipePictures(
            await GetAsync("init_image", recipe.InitImage, cancellation),
            recipe.Mask is null ? null : await GetAsync("mask", recipe.Mask, cancellation));

    private async Task<RgbImage> GetAsync(string member, string digest, CancellationToken cancellation)
    {
        if (Find(digest) is { } known) return known;
        var picture = Decode(member, digest, await ReadAsync(member, digest, cancellation));
        Keep(digest, picture);
        return picture;
    }

    private async Task<byte[]> ReadAsync(string member, string digest, CancellationToken cancellation)
    {
        if (!InputDigest.IsWellFormed(digest)) throw new InputException(FailureCodes.InputMissing, $"{member} '{digest}' is no digest of a picture.");
        try
        {
            await using var stream = await store.OpenAsync(ObjectKey.ForInput(digest), cancellation)
                ?? throw new InputException(FailureCodes.InputMissing, $"The object store does not hold {member} {digest}. Send the picture in again, then retry.");
            var file = new MemoryStream();
            await stream.CopyToAsync(file, cancellation);
            return file.ToArray();
        }
        catch (IOException error)
        {
            throw new ObjectStoreException($"Reading {member} {digest} broke off: {error.Message}", error);
        }
    }

    private static RgbImage Decode(string member, string digest, byte[] file)
    {
        try
        {
            var picture = ImageReader.Decode(file, RenderLimits.MaxInputPixels);
            var held = PictureDigest.Of(picture);
            return held == digest ? picture : throw Damaged($"its pixels have the digest {held}");
        }
        catch (ImageFormatException error)
        {
            throw Damaged(error.Message.TrimEnd('.'));
        }

        InputException Damaged(string how) =>
            new(FailureCodes.InputDamaged, $"{member} {digest} is damaged in the object store: {how}. Send the picture in again, then retry.");
    }

    private RgbImage? Find(string digest)
    {
        lock (_gate)
        {
            for (var node = _recent.First; node is not null; node = node.Next)
            {
                if (node.Value.Digest != digest) continue;
                _recent.Remove(node);
                _recent.AddFirst(node);
                return node.Value.Picture;
            }

            return null;
        }
    }

    private void Keep(string digest, RgbImage picture)
    {
        lock (_gate)
        {
            // Two attempts may have fetched it at the same time.
            if (_recent.Any(kept => kept.Digest == digest)) return;
            _recent.AddFirst((digest, picture));
            _bytes += picture.Pixels.Length;
            while (_bytes > KeptBytes && _recent.Count > 1)
            {
                _bytes -= _recent.Last!.Value.Picture.Pixels.Length;
                _recent.RemoveLast();
            }
        }
    }
}
