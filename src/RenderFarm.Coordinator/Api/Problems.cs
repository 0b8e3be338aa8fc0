using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Coordinator.Api;

/// <summary>A problem as an answer.</summary>
internal sealed class ProblemResult(Problem problem, TimeSpan? retryAfter = null) : IResult
{
    /// <summary>Media type of problem details (RFC 9457).</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>What is answered.</summary>
    public Problem Problem { get; } = problem;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = Problem.Status;
        if (retryAfter is { } wait)
            httpContext.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return httpContext.Response.WriteAsJsonAsync(Problem, FarmJson.Options, MediaType, httpContext.RequestAborted);
    }
}

/// <summary>The API's problems.</summary>
internal static class Problems
{
    private const int ShownValueLength = 100;

    /// <summary>400: these fields are at fault.</summary>
    public static ProblemResult Invalid(params IReadOnlyList<FieldError> errors) => new(Of(
        StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, "The request is not valid.", Detail(errors), errors));

    /// <summary>400: the request as a whole is at fault.</summary>
    public static ProblemResult Malformed(string detail) =>
        new(Of(StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, "The request is not valid.", detail));

    /// <summary>404.</summary>
    public static ProblemResult NotFound(string detail) =>
        new(Of(StatusCodes.Status404NotFound, ProblemCodes.NotFound, "There is no such thing here.", detail));

    /// <summary>404 for an image that was there once.</summary>
    public static ProblemResult Missing(string detail) =>
        new(Of(StatusCodes.Status404NotFound, ProblemCodes.NotFound, "The image is gone.", detail));

    /// <summary>409.</summary>
    public static ProblemResult Conflict(string detail, TimeSpan? retryAfter = null) =>
        new(Of(StatusCodes.Status409Conflict, ProblemCodes.Conflict, "The present state does not allow this.", detail), retryAfter);

    /// <summary>422: the key stands for another request.</summary>
    public static ProblemResult KeyReused(string key) => new(Of(
        StatusCodes.Status422UnprocessableEntity,
        ProblemCodes.IdempotencyKeyReused,
        "The idempotency key was used before with another request.",
        $"Idempotency-Key '{Shorten(key)}' belongs to a job with other settings. Use a new key for a new request."));

    /// <summary>503.</summary>
    public static ProblemResult Unavailable(string detail, TimeSpan retryAfter) =>
        new(Of(StatusCodes.Status503ServiceUnavailable, ProblemCodes.Unavailable, "The farm cannot take this now.", detail), retryAfter);

    /// <summary>The problem for a status that the framework answered with alone.</summary>
    public static ProblemResult ForStatus(int status, HttpRequest request) => status switch
    {
        StatusCodes.Status404NotFound => NotFound($"{request.Method} {request.Path} leads nowhere. The API is described at /reference."),
        StatusCodes.Status405MethodNotAllowed => new(Of(
            status, ProblemCodes.MethodNotAllowed, "The method is not allowed.", $"{request.Path} does not know {request.Method}; the Allow header lists what it knows.")),
        StatusCodes.Status413PayloadTooLarge => TooLarge(),
        StatusCodes.Status415UnsupportedMediaType => UnsupportedMediaType(request.ContentType),
        >= 500 => new(Of(status, ProblemCodes.InternalError, "Something failed on our side.", "The server's log has the reason. Trying again may help.")),
        _ => new(Of(status, ProblemCodes.InvalidRequest, "The request is not valid.", $"The server answered with status {status}.")),
    };

    /// <summary>422: pictures that the request names or carries are at fault.</summary>
    public static ProblemResult NotUsable(params IReadOnlyList<FieldError> errors) => new(Of(
        StatusCodes.Status422UnprocessableEntity, ProblemCodes.InputNotUsable, "A picture cannot be used.", Detail(errors), errors));

    /// <summary>413.</summary>
    public static ProblemResult TooLarge(string? detail = null) => new(Of(
        StatusCodes.Status413PayloadTooLarge,
        ProblemCodes.TooLarge,
        "The request body is too large.",
        detail ?? $"A request body may have {Contracts.RenderLimits.MaxRequestBytes:N0} bytes. Split the job."));

    /// <summary>415.</summary>
    public static ProblemResult UnsupportedMediaType(string? given, string taken = "send application/json.") => new(Of(
        StatusCodes.Status415UnsupportedMediaType,
        ProblemCodes.UnsupportedMediaType,
        "The media type is not supported.",
        $"Content-Type is {(given is null ? "missing" : $"'{Shorten(given)}'")}; {taken}"));

    /// <summary>A value as errors show it.</summary>
    public static string Shorten(string value) =>
        value.Length <= ShownValueLength ? value : value[..(char.IsHighSurrogate(value[ShownValueLength - 2]) ? ShownValueLength - 2 : ShownValueLength - 1)] + "…";

    private static string Detail(IReadOnlyList<FieldError> errors) =>
        errors.Count == 1 ? $"{errors[0].Field}: {errors[0].Detail}" : $"{errors.Count} fields are at fault; see errors.";

    private static Problem Of(int status, string code, string title, string detail, IReadOnlyList<FieldError>? errors = null) => new()
    {
        Type = "urn:renderfarm:problem:" + code,
        Title = title,
        Status = status,
        Detail = detail,
        Code = code,
        Errors = errors ?? [],
    };
}
