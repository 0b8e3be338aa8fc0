using System.Net.ServerSentEvents;

namespace RenderFarm.Cli.Client;

/// <summary>One connection's stream of events. It ends in good order or breaks; both read as null.</summary>
internal sealed class EventConnection : IAsyncDisposable
{
    private readonly HttpResponseMessage response;
    private readonly SseParser<string> parser;
    private readonly IAsyncEnumerator<SseItem<string>> items;

    private EventConnection(HttpResponseMessage response, Stream stream, CancellationToken cancellationToken)
    {
        this.response = response;
        parser = SseParser.Create(stream);
        items = parser.EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
    }

    /// <summary>The id of the last event that had one; null before.</summary>
    public string? LastEventId => parser.LastEventId is { Length: > 0 } id ? id : null;

    /// <summary>Reads the events of an answer, which the connection disposes.</summary>
    public static async Task<EventConnection> OpenAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        new(response, await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken);

    /// <summary>The next event; null when there are no more on this connection.</summary>
    public async Task<SseItem<string>?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await items.MoveNextAsync() ? items.Current : null;
        }
        catch (Exception error) when (FarmRequests.IsBrokenConnection(error, cancellationToken))
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await items.DisposeAsync();
        response.Dispose();
    }
}
