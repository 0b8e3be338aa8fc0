using System.Text.Json;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Testing.Coordinator;

/// <summary>A server-sent event, or a comment.</summary>
public sealed record ReceivedEvent(string? Id, string Name, string Json)
{
    /// <summary>The payload.</summary>
    public T Read<T>() => JsonSerializer.Deserialize<T>(Json, FarmJson.Options)!;
}

/// <summary>Reads an event stream by the rules of the HTML standard, section 9.2.6, as far as the farm uses them.</summary>
public sealed class EventReader : IDisposable
{
    private readonly HttpResponseMessage _answer;
    private readonly StreamReader _lines;

    private EventReader(HttpResponseMessage answer, Stream body) => (_answer, _lines) = (answer, new StreamReader(body));

    /// <summary>The answer's head.</summary>
    public HttpResponseMessage Answer => _answer;

    /// <summary>Opens the events of a job.</summary>
    public static async Task<EventReader> OpenAsync(HttpClient client, JobId job, string? lastId, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{job}/events");
        if (lastId is not null) request.Headers.Add("Last-Event-ID", lastId);
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        return new EventReader(answer, await answer.Content.ReadAsStreamAsync(cancellation));
    }

    /// <summary>The next event; null at the end of the stream. A comment comes as an event named <c>:</c>.</summary>
    public async Task<ReceivedEvent?> NextAsync(CancellationToken cancellation)
    {
        string? id = null;
        var (name, json) = ("", "");
        while (await _lines.ReadLineAsync(cancellation) is { } line)
        {
            if (line.Length == 0) return new ReceivedEvent(id, name, json);
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var value = line[(colon + 1)..].TrimStart(' ');
            switch (line[..colon])
            {
                case "": (name, json) = (":", value); break;
                case "id": id = value; break;
                case "event": name = value; break;
                case "data": json = value; break;
                default: throw new FormatException($"'{line}' is no line of an event stream of the farm.");
            }
        }

        return null;
    }

    /// <summary>Everything to the end of the stream.</summary>
    public async Task<List<ReceivedEvent>> RestAsync(CancellationToken cancellation)
    {
        var events = new List<ReceivedEvent>();
        while (await NextAsync(cancellation) is { } next) events.Add(next);
        return events;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _lines.Dispose();
        _answer.Dispose();
    }
}
