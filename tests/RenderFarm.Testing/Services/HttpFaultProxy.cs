using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RenderFarm.Testing.Services;

/// <summary>
/// An HTTP server's bad days, on demand: stands before it, passes requests on with the host name they were signed for, and answers a share of them
/// with 503 or cuts a share of the uploads off in the middle.
/// </summary>
public sealed class HttpFaultProxy : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly HttpClient _client;
    private readonly Uri _target;
    private readonly Random _dice = new(1);
    private readonly Lock _gate = new();
    private int _refused;
    private int _truncated;

    private HttpFaultProxy(Uri target)
    {
        _target = target;
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, UseCookies = false });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _application = builder.Build();
        _application.Run(PassAsync);
    }

    /// <summary>Where clients connect to.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Share of requests that are answered with 503, 0…1.</summary>
    public double ErrorShare { get; set; }

    /// <summary>Share of uploads that break off half way, on both sides, 0…1.</summary>
    public double TruncatedShare { get; set; }

    /// <summary>Requests refused so far.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Uploads cut so far.</summary>
    public int Truncated => Volatile.Read(ref _truncated);

    /// <summary>Starts one on a free port.</summary>
    public static async Task<HttpFaultProxy> StartAsync(Uri target)
    {
        var proxy = new HttpFaultProxy(target);
        await proxy._application.StartAsync();
        var server = proxy._application.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>();
        proxy.Address = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return proxy;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _client.Dispose();
    }

    private bool Falls(double share)
    {
        lock (_gate) return share > 0 && _dice.NextDouble() < share;
    }

    private async Task PassAsync(HttpContext http)
    {
        if (Falls(ErrorShare))
        {
            Interlocked.Increment(ref _refused);
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        var isCut = HttpMethods.IsPut(http.Request.Method) && http.Request.ContentLength > 1 && Falls(TruncatedShare);
        if (isCut) Interlocked.Increment(ref _truncated);
        using var request = Copy(http.Request, isCut);
        try
        {
            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, http.RequestAborted);
            await CopyAsync(answer, http.Response, http.RequestAborted);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            http.Abort();
        }
    }

    private HttpRequestMessage Copy(HttpRequest from, bool isCut)
    {
        var request = new HttpRequestMessage(new HttpMethod(from.Method), new Uri(_target, from.Path.ToUriComponent() + from.QueryString.ToUriComponent()));
        if (from.ContentLength is { } length) request.Content = new StreamContent(isCut ? new HalfStream(from.Body, length / 2) : from.Body);
        foreach (var (name, values) in from.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values!)) request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values!);
        }

        request.Headers.Host = from.Host.Value;
        return request;
    }

    private static async Task CopyAsync(HttpResponseMessage from, HttpResponse to, CancellationToken cancellation)
    {
        to.StatusCode = (int)from.StatusCode;
        foreach (var (name, values) in from.Headers.Concat(from.Content.Headers)) to.Headers[name] = values.ToArray();
        to.Headers.Remove("Transfer-Encoding");
        if (HttpMethods.IsHead(to.HttpContext.Request.Method) || to.StatusCode == StatusCodes.Status204NoContent) return;
        await from.Content.CopyToAsync(to.Body, cancellation);
    }

    /// <summary>Gives a half of what was promised, and breaks.</summary>
    private sealed class HalfStream(Stream inner, long left) : Stream
    {
        private long _left = left;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left <= 0) throw new IOException("Cut off here.");
            var count = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
            _left -= count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
