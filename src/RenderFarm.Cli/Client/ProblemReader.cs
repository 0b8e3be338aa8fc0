using System.Text.Json;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Client;

/// <summary>Reads a refused request's answer.</summary>
internal static class ProblemReader
{
    /// <summary>The problem in the body; where a proxy answered in the farm's place, one made up from the status.</summary>
    public static async Task<FarmApiException> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        return new FarmApiException(Parse(body) ?? FromStatus(response));
    }

    private static Problem? Parse(string body)
    {
        try
        {
            return JsonSerializer.Deserialize<Problem>(body, ClientJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Problem FromStatus(HttpResponseMessage response)
    {
        var address = response.RequestMessage?.RequestUri;
        return new Problem
        {
            Type = "about:blank",
            Title = response.ReasonPhrase ?? "No reason given",
            Status = (int)response.StatusCode,
            Code = "http_" + (int)response.StatusCode,
            Detail = $"{address} answered {(int)response.StatusCode} {response.ReasonPhrase}, without the problem details that a farm gives.",
        };
    }
}
