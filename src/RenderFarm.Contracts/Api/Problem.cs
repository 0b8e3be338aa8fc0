using System.Text.Json.Serialization;

namespace RenderFarm.Contracts.Api;

/// <summary>An error as the API reports it: RFC 9457 problem details with a stable code and the fields at fault.</summary>
public sealed record Problem
{
    /// <summary>URI of the kind of problem: <c>urn:renderfarm:problem:</c> and the code.</summary>
    [JsonPropertyName("type")]
    public required string Type { get; init; }

    /// <summary>The kind of problem in words.</summary>
    [JsonPropertyName("title")]
    public required string Title { get; init; }

    /// <summary>HTTP status.</summary>
    [JsonPropertyName("status")]
    public required int Status { get; init; }

    /// <summary>What happened here, and the next step.</summary>
    [JsonPropertyName("detail")]
    public string? Detail { get; init; }

    /// <summary>Stable snake_case name of the kind of problem, one of <see cref="ProblemCodes"/>.</summary>
    [JsonPropertyName("code")]
    public required string Code { get; init; }

    /// <summary>The fields at fault; empty when the request as a whole is.</summary>
    [JsonPropertyName("errors")]
    public IReadOnlyList<FieldError> Errors { get; init; } = [];
}

/// <summary>A field at fault.</summary>
/// <param name="Field">The field's name on the wire, with an index for list elements: <c>steps[2]</c>.</param>
/// <param name="Value">The value as given, shortened to 100 characters; null when it is missing.</param>
/// <param name="Detail">What is allowed.</param>
public sealed record FieldError(string Field, string? Value, string Detail);

/// <summary>Stable names of the API's problems.</summary>
public static class ProblemCodes
{
    /// <summary>400: a field is missing, malformed or out of its range.</summary>
    public const string InvalidRequest = "invalid_request";

    /// <summary>404: no such job, task or image.</summary>
    public const string NotFound = "not_found";

    /// <summary>409: the task has no image yet, or the job is in a state that does not allow this.</summary>
    public const string Conflict = "conflict";

    /// <summary>422: the idempotency key was used before with another request.</summary>
    public const string IdempotencyKeyReused = "idempotency_key_reused";

    /// <summary>422: a picture that the request names or carries cannot be used: it is not there, no picture, damaged, too large, or of the wrong size.</summary>
    public const string InputNotUsable = "input_not_usable";

    /// <summary>413: the request body is too large.</summary>
    public const string TooLarge = "too_large";

    /// <summary>405: the path does not know the method.</summary>
    public const string MethodNotAllowed = "method_not_allowed";

    /// <summary>415: the request body is of a kind that this path does not take.</summary>
    public const string UnsupportedMediaType = "unsupported_media_type";

    /// <summary>503: the farm cannot take this now; try again after the time given.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>500: a fault of ours.</summary>
    public const string InternalError = "internal_error";
}
