using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using RenderFarm.Contracts;
using RenderFarm.Coordinator.Api;

namespace RenderFarm.Coordinator.Inputs;

/// <summary>The file of an upload, or the problem with it.</summary>
/// <param name="File">The bytes; empty when there is a problem.</param>
/// <param name="Field">What errors call it: the part's name of a form, else <c>body</c>.</param>
/// <param name="Problem">What is wrong; null when the file could be read.</param>
internal sealed record PictureBody(byte[] File, string Field, ProblemResult? Problem)
{
    /// <summary>What errors call a picture that is the whole body.</summary>
    public const string Body = "body";

    private const string Form = "multipart/form-data";
    private const int FormOverhead = 64 * 1024;
    private const int LongestBoundary = 70; // RFC 2046, section 5.1.1
    private const string Taken = "send image/png, image/jpeg or image/webp, or a multipart/form-data form with one file.";

    /// <summary>Reads the body of an upload: the picture itself, or a form with one file. It ends at the limit, whatever length was announced.</summary>
    public static async Task<PictureBody> ReadAsync(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)) return Failed(Problems.UnsupportedMediaType(request.ContentType, Taken));
        var isForm = type.MediaType.Equals(Form, StringComparison.OrdinalIgnoreCase);
        if (!isForm && !type.Type.Equals("image", StringComparison.OrdinalIgnoreCase)) return Failed(Problems.UnsupportedMediaType(request.ContentType, Taken));
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = RenderLimits.MaxInputBytes + (isForm ? FormOverhead : 0);
        try
        {
            return isForm ? await ReadFormAsync(request, HeaderUtilities.RemoveQuotes(type.Boundary).Value) : await ReadFileAsync(request.Body, Body, request);
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Failed(TooLarge());
        }
        catch (Exception error) when (error is InvalidDataException or IOException and not BadHttpRequestException && !request.HttpContext.RequestAborted.IsCancellationRequested)
        {
            return Failed(Problems.Malformed($"The body is not a well-formed form: {error.Message.TrimEnd('.')}. Each part needs its boundary line and headers, and the form its end."));
        }
    }

    private static async Task<PictureBody> ReadFormAsync(HttpRequest request, string? boundary)
    {
        if (boundary is not { Length: > 0 and <= LongestBoundary })
            return Failed(Problems.Malformed($"Content-Type names no boundary of 1…{LongestBoundary} characters."));
        var reader = new MultipartReader(boundary, request.Body);
        var picture = Failed(Problems.Malformed("The form has no file; send one."));
        for (var parts = 0; await reader.ReadNextSectionAsync(request.HttpContext.RequestAborted) is { } section; parts++)
        {
            var name = section.GetContentDispositionHeader() is { Name.Value: { Length: > 0 } given } ? HeaderUtilities.RemoveQuotes(given).ToString() : "file";
            if (parts > 0) return Failed(Problems.Malformed($"The form has a second part, {Problems.Shorten(name)}; send one file a request."));
            picture = await ReadFileAsync(section.Body, name, request);
            if (picture.Problem is not null) return picture;
        }

        return picture;
    }

    private static async Task<PictureBody> ReadFileAsync(Stream body, string field, HttpRequest request)
    {
        using var file = new MemoryStream();
        var buffer = new byte[81_920];
        while (await body.ReadAsync(buffer, request.HttpContext.RequestAborted) is var read and > 0)
        {
            if (file.Length + read > RenderLimits.MaxInputBytes) return Failed(TooLarge());
            file.Write(buffer, 0, read);
        }

        return new PictureBody(file.ToArray(), field, null);
    }

    private static ProblemResult TooLarge() =>
        Problems.TooLarge($"A picture may have {RenderLimits.MaxInputBytes:N0} bytes. Send a smaller one, or one that is compressed more.");

    private static PictureBody Failed(ProblemResult problem) => new([], Body, problem);
}
