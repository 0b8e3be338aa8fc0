using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Tests.Cli.Testing;

/// <summary>A request as it arrived.</summary>
internal sealed record ArrivedRequest(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>
/// A real HTTP server on a free port that answers by script: for each method and path a list of answers, given in turn, the last one for ever.
/// </summary>
internal sealed class ScriptedFarm : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<RequestDelegate>> script = new();
    private readonly ConcurrentQueue<ArrivedRequest> arrived = new();
    private readonly WebApplication host;

    private ScriptedFarm(WebApplication host) => this.host = host;

    /// <summary>Where it listens.</summary>
    public Uri Address => new(host.Urls.Single() + "/");

    /// <summary>Everything that arrived, in order.</summary>
    public IReadOnlyList<ArrivedRequest> Arrived => [.. arrived];

    public static async Task<ScriptedFarm> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var farm = new ScriptedFarm(builder.Build());
        farm.host.Run(farm.AnswerAsync);
        await farm.host.StartAsync();
        return farm;
    }

    /// <summary>Requests of one kind.</summary>
    public IReadOnlyList<ArrivedRequest> Of(string method, string path) =>
        [.. arrived.Where(request => request.Method == method && request.Path == path)];

    /// <summary>Scripts the answers to one kind of request.</summary>
    public ScriptedFarm On(string method, string path, params RequestDelegate[] answers)
    {
        script[$"{method} {path}"] = new ConcurrentQueue<RequestDelegate>(answers);
        return this;
    }

    /// <summary>Answers with JSON.</summary>
    public static RequestDelegate Json<T>(T value, int status = 200) => async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(JsonSerializer.Serialize(value, FarmJson.Options));
    };

    /// <summary>Answers with a problem.</summary>
    public static RequestDelegate Problem(int status, string code, string detail, params FieldError[] errors) => Json(
        new Problem { Type = "urn:renderfarm:problem:" + code, Title = code, Status = status, Code = code, Detail = detail, Errors = errors }, status);

    /// <summary>Answers with a file.</summary>
    public static RequestDelegate Bytes(byte[] content) => async context => await context.Response.Body.WriteAsync(content);

    /// <summary>Answers with events and ends the stream in good order.</summary>
    public static RequestDelegate Events(params string[] events) => context => WriteAsync(context, events);

    /// <summary>Answers with events and breaks the connection once they were heard: a reset can swallow what is still under way.</summary>
    public static RequestDelegate EventsThenBreak(Task heard, params string[] events) => async context =>
    {
        await WriteAsync(context, events);
        await heard;
        context.Abort();
    };

    /// <summary>Answers with events and then says nothing more until the client leaves.</summary>
    public static RequestDelegate EventsThenSilence(TaskCompletionSource sent, params string[] events) => async context =>
    {
        await WriteAsync(context, events);
        sent.TrySetResult();
        var left = new TaskCompletionSource();
        await using var registration = context.RequestAborted.Register(left.SetResult);
        await left.Task;
    };

    /// <summary>One event as it looks on the wire.</summary>
    public static string Event<T>(string name, T payload, string? id = null) =>
        $"event: {name}\n{(id is null ? "" : $"id: {id}\n")}data: {JsonSerializer.Serialize(payload, FarmJson.Options)}\n\n";

    public ValueTask DisposeAsync() => host.DisposeAsync();

    private static async Task WriteAsync(HttpContext context, string[] events)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(": hello\n\n");
        foreach (var text in events) await context.Response.WriteAsync(text);
        await context.Response.Body.FlushAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync();
        arrived.Enqueue(new ArrivedRequest(request.Method, request.Path.Value!, request.QueryString.Value ?? "", Copy(request.Headers), body));
        await Next($"{request.Method} {request.Path.Value}")(context);
    }

    // The server uses its header dictionaries again.
    private static Dictionary<string, string> Copy(IHeaderDictionary headers) =>
        headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);

    private RequestDelegate Next(string key)
    {
        if (!script.TryGetValue(key, out var answers)) return Problem(404, ProblemCodes.NotFound, $"There is no {key} in this script.");
        lock (answers)
        {
            answers.TryPeek(out var answer);
            if (answers.Count > 1) answers.TryDequeue(out answer);
            return answer!;
        }
    }
}
