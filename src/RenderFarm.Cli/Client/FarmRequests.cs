using System.Net.Http.Json;
using System.Text.Json;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Client;

/// <summary>Sends requests, repeats those that met a passing obstacle, and turns every other outcome into one of two exceptions.</summary>
internal sealed class FarmRequests(HttpClient http, TimeProvider clock)
{
    private const int Tries = 4;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>Sends a request that may be repeated, and reads the JSON answer.</summary>
    public Task<T> ReadAsync<T>(Func<HttpRequestMessage> request, CancellationToken cancellationToken) =>
        RepeatAsync(
            async () =>
            {
                using var response = await SendOnceAsync(request(), cancellationToken);
                return await response.Content.ReadFromJsonAsync<T>(ClientJson.Options, cancellationToken)
                    ?? throw new JsonException("The answer is null.");
            },
            cancellationToken);

    /// <summary>Sends a request that may be repeated, and whose answer says nothing more.</summary>
    public Task SendAsync(Func<HttpRequestMessage> request, CancellationToken cancellationToken) =>
        RepeatAsync(
            async () =>
            {
                using var response = await SendOnceAsync(request(), cancellationToken);
                return true;
            },
            cancellationToken);

    /// <summary>Fetches a file whole.</summary>
    public Task<byte[]> ReadBytesAsync(string path, CancellationToken cancellationToken) =>
        RepeatAsync(
            async () =>
            {
                using var response = await SendOnceAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
                return await response.Content.ReadAsByteArrayAsync(cancellationToken);
            },
            cancellationToken);

    /// <summary>Sends once and returns as soon as the headers are there. The caller disposes the answer.</summary>
    public async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (Exception error) when (IsBrokenConnection(error, cancellationToken))
        {
            throw new FarmUnreachableException(http.BaseAddress, error);
        }

        if (response.IsSuccessStatusCode) return response;
        using (response) throw await ProblemReader.ReadAsync(response, cancellationToken);
    }

    /// <summary>True for a connection that could not be made or did not hold, false for a caller who no longer waits.</summary>
    public static bool IsBrokenConnection(Exception error, CancellationToken cancellationToken) =>
        error is HttpRequestException or IOException
        || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private async Task<T> RepeatAsync<T>(Func<Task<T>> send, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await send();
            }
            catch (FarmUnreachableException) when (attempt < Tries)
            {
            }
            catch (FarmApiException error) when (error.IsTransient && attempt < Tries)
            {
            }
            catch (Exception error) when (IsBrokenConnection(error, cancellationToken))
            {
                if (attempt == Tries) throw new FarmUnreachableException(http.BaseAddress, error);
            }
            catch (JsonException error)
            {
                throw NotAFarm(error);
            }

            await Task.Delay(pause, clock, cancellationToken);
            pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks));
        }
    }

    private CommandException NotAFarm(JsonException error) => new(
        ExitCodes.Failed,
        $"The server at {http.BaseAddress} gave an answer that is none of a farm's: {error.Message}",
        "Check that --server names a RenderFarm coordinator, and that both are of about the same version.",
        error);
}
