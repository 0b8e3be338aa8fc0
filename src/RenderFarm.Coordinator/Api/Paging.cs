using System.Globalization;
using Microsoft.AspNetCore.Http;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Coordinator.Api;

/// <summary>The query of a list: <c>status</c>, <c>limit</c> (1…200, default 50) and <c>cursor</c>.</summary>
/// <param name="Status">Only entries of this status; null for all.</param>
/// <param name="Limit">Most entries of a page.</param>
/// <param name="Cursor">Where the page before ended; null for the first.</param>
/// <param name="Problem">What is wrong with the query; null when nothing is.</param>
internal sealed record Paging(string? Status, int Limit, string? Cursor, ProblemResult? Problem)
{
    /// <summary>Entries of a page when the query names no limit.</summary>
    public const int DefaultLimit = 50;

    /// <summary>Most entries of a page.</summary>
    public const int MaxLimit = 200;

    /// <summary>Reads the query.</summary>
    /// <param name="request">The request.</param>
    /// <param name="statuses">Statuses that the list knows.</param>
    /// <param name="isCursor">Whether a text is one of this list's cursors.</param>
    public static Paging Of(HttpRequest request, IReadOnlyList<string> statuses, Func<string, bool> isCursor)
    {
        var errors = new List<FieldError>();
        var status = Text(request, "status");
        if (status is not null && !statuses.Contains(status))
            errors.Add(new FieldError("status", Problems.Shorten(status), $"One of {string.Join(", ", statuses)}."));
        var limit = DefaultLimit;
        if (Text(request, "limit") is { } asked && (!int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
            errors.Add(new FieldError("limit", Problems.Shorten(asked), $"1…{MaxLimit}."));
        var cursor = Text(request, "cursor");
        if (cursor is not null && !isCursor(cursor))
            errors.Add(new FieldError("cursor", Problems.Shorten(cursor), "The next_cursor of a page of this list."));
        return new Paging(status, limit, cursor, errors.Count > 0 ? Problems.Invalid(errors) : null);
    }

    private static string? Text(HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;
}
