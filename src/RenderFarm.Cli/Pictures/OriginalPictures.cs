using RenderFarm.Cli.Client;
using RenderFarm.Cli.Files;

namespace RenderFarm.Cli.Pictures;

/// <summary>The pictures that an image was made from. A recipe names them by the digests of their pixels, so whoever brings them cannot bring others.</summary>
internal sealed class OriginalPictures
{
    private readonly string image;
    private readonly IReadOnlyList<Named> pictures;

    private OriginalPictures(string image, IReadOnlyList<Named> pictures)
    {
        this.image = image;
        this.pictures = pictures;
    }

    /// <summary>Reads the files that were given for the pictures of a recipe.</summary>
    /// <exception cref="CommandException">A file cannot be read, or the recipe has no such picture: wrong use.</exception>
    public static OriginalPictures Read(OriginalImage original, string? initImage, string? mask) => new(
        original.Path,
        [
            .. Read(original.Path, "--init-image", "picture to begin from", original.Recipe.InitImage, initImage),
            .. Read(original.Path, "--mask", "mask", original.Recipe.Mask, mask),
        ]);

    /// <summary>Makes sure that the farm holds every picture of the recipe, sending those that it does not.</summary>
    /// <exception cref="CommandException">One is neither there nor given, or what is given are other pixels.</exception>
    public async Task ProvideAsync(FarmClient client, CancellationToken cancellationToken)
    {
        foreach (var picture in pictures)
        {
            if (picture.File is { } file)
            {
                var sent = await PictureUpload.SendFileAsync(client, picture.Option, picture.Path!, file, cancellationToken);
                if (sent.Digest == picture.Digest) continue;
                throw new CommandException(
                    ExitCodes.WrongUse, $"{picture.Option} '{picture.Path}' has the digest {sent.Digest}; {image} was made from {picture.Digest}.", "Name the picture that it was made from.");
            }

            if (await client.HasInputAsync(picture.Digest, cancellationToken)) continue;
            throw new CommandException(
                ExitCodes.Failed, $"{image} was made from a {picture.What} that the farm does not hold: {picture.Digest}.", $"Name its file with {picture.Option}.");
        }
    }

    private static IEnumerable<Named> Read(string image, string option, string what, string? digest, string? path)
    {
        if (digest is null && path is not null) throw new CommandException(ExitCodes.WrongUse, $"{option} '{path}': {image} was made without a {what}.", "Leave it out.");
        if (digest is not null) yield return new Named(option, what, digest, path, path is null ? null : PictureUpload.ReadFile(option, path));
    }

    private sealed record Named(string Option, string What, string Digest, string? Path, byte[]? File);
}
