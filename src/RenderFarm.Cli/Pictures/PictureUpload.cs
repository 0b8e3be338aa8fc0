using RenderFarm.Cli.Client;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Pictures;

/// <summary>Files that a request names as pictures, read before a farm is started and sent to it before the job.</summary>
internal sealed class PictureUpload
{
    private readonly SubmitJob request;
    private readonly byte[]? image;
    private readonly byte[]? mask;

    private PictureUpload(SubmitJob request, byte[]? image, byte[]? mask)
    {
        this.request = request;
        this.image = image;
        this.mask = mask;
    }

    /// <summary>Reads the files that a request names; what looks like a digest is none.</summary>
    /// <exception cref="CommandException">A file cannot be read: wrong use.</exception>
    public static PictureUpload Read(SubmitJob request) => new(request, Read("--init-image", request.InitImage), Read("--mask", request.Mask));

    /// <summary>The bytes of a file that an option names.</summary>
    /// <exception cref="CommandException">It cannot be read, or is larger than a farm takes: wrong use.</exception>
    public static byte[] ReadFile(string option, string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            if (length > RenderLimits.MaxInputBytes)
                throw new CommandException(ExitCodes.WrongUse, $"{option} '{path}' has {length:N0} bytes: allowed are up to {RenderLimits.MaxInputBytes:N0}.");
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException(
                ExitCodes.WrongUse, $"{option} '{path}' cannot be read: {error.Message.TrimEnd('.')}.", "Name a PNG, JPEG or WebP file, or the digest of a picture that the farm has.", error);
        }
    }

    /// <summary>Sends the files, and gives the request with their digests in the place of their names.</summary>
    /// <exception cref="CommandException">The farm does not take one of them.</exception>
    public async Task<SubmitJob> SendAsync(FarmClient client, CancellationToken cancellationToken) => request with
    {
        InitImage = await SendAsync(client, "--init-image", request.InitImage, image, cancellationToken),
        Mask = await SendAsync(client, "--mask", request.Mask, mask, cancellationToken),
    };

    /// <summary>Sends one file.</summary>
    /// <exception cref="CommandException">The farm does not take it; the option and the file are named.</exception>
    public static async Task<InputView> SendFileAsync(FarmClient client, string option, string path, byte[] file, CancellationToken cancellationToken)
    {
        try
        {
            return await client.UploadInputAsync(file, cancellationToken);
        }
        catch (FarmApiException error) when (error.Problem.Code == ProblemCodes.InputNotUsable)
        {
            var reason = error.Problem.Errors is [var fault, ..] ? fault.Detail : error.Message;
            throw new CommandException(ExitCodes.WrongUse, $"{option} '{path}': {reason}", null, error);
        }
    }

    private static byte[]? Read(string option, string? path) => path is null || InputDigest.IsWellFormed(path) ? null : ReadFile(option, path);

    private static async Task<string?> SendAsync(FarmClient client, string option, string? path, byte[]? file, CancellationToken cancellationToken) =>
        file is null ? path : (await SendFileAsync(client, option, path!, file, cancellationToken)).Digest;
}
