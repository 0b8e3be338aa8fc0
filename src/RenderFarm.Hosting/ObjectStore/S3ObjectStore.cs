using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Minio;
using Minio.DataModel.Args;

namespace RenderFarm.Hosting.ObjectStore;

/// <summary>
/// Objects in a bucket of an S3 server: MinIO, Ceph's gateway or AWS. One request a call: objects are put and read through addresses that the Minio client
/// signs without asking anyone, since its own put copies and hashes every byte twice, and its own get asks three times.
/// </summary>
/// <remarks>Does not keep versions, and replaces an object whose key is put again. A missing bucket reads as one without objects.</remarks>
public sealed class S3ObjectStore : IObjectStore, IDisposable
{
    private const string Checksum = "sha256";

    // Signed just before use: long enough for clocks that differ by minutes.
    private static readonly TimeSpan SignatureLifetime = TimeSpan.FromMinutes(15);

    private readonly ObjectStoreOptions _options;
    private readonly HttpClient _http;
    private readonly HttpClient _whole;
    private readonly IMinioClient _client;
    private readonly S3Tries _tries;
    private readonly TimeProvider _clock;

    /// <param name="options">Valid options that name an endpoint.</param>
    /// <param name="clock">Measures pauses and time-outs.</param>
    /// <param name="handler">Carries requests, for tests; null for sockets.</param>
    public S3ObjectStore(ObjectStoreOptions options, TimeProvider clock, HttpMessageHandler? handler = null)
    {
        (_options, _clock) = (options, clock);
        handler ??= new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            AutomaticDecompression = DecompressionMethods.None,
        };
        // The token of each try is its time-out.
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _whole = new HttpClient(new S3Answers(handler), disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        var endpoint = options.Address!;
        _client = new MinioClient()
            .WithEndpoint(endpoint)
            .WithSSL(endpoint.Scheme == Uri.UriSchemeHttps)
            .WithCredentials(options.AccessKey, options.SecretKey)
            .WithRegion(options.Region)
            .WithHttpClient(_whole)
            .Build();
        _tries = new S3Tries(options, clock);
    }

    /// <inheritdoc />
    public Task PutAsync(ObjectKey key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellation)
    {
        // As part of the signed address, which AWS demands of everything that is stored with an object.
        var kept = new Dictionary<string, string> { [$"x-amz-meta-{Checksum}"] = Convert.ToHexStringLower(SHA256.HashData(content.Span)) };
        return _tries.RunAsync($"store {key}", async trying =>
        {
            using var answer = await SendPutAsync(key, kept, content, contentType, trying);
            if (answer.StatusCode != HttpStatusCode.NotFound || !_options.CreateBucket)
            {
                await S3Failure.ThrowIfRefusedAsync(answer, trying);
                return true;
            }

            await _client.MakeBucketAsync(new MakeBucketArgs().WithBucket(_options.Bucket).WithLocation(_options.Region), trying);
            using var second = await SendPutAsync(key, kept, content, contentType, trying);
            await S3Failure.ThrowIfRefusedAsync(second, trying);
            return true;
        }, cancellation);
    }

    /// <inheritdoc />
    public Task<Stream?> OpenAsync(ObjectKey key, CancellationToken cancellation) => _tries.RunAsync<Stream?>($"read {key}", async trying =>
    {
        var answer = await _http.GetAsync(await SignedGetAsync(key, SignatureLifetime), HttpCompletionOption.ResponseHeadersRead, trying);
        if (answer.IsSuccessStatusCode)
            return new S3Body(await answer.Content.ReadAsStreamAsync(trying), _options.Timeout, (error, timedOut) => _tries.Failure($"read {key}", error, timedOut), _clock);
        using (answer)
        {
            if (answer.StatusCode == HttpStatusCode.NotFound) return null;
            await S3Failure.ThrowIfRefusedAsync(answer, trying);
            return null;
        }
    }, cancellation);

    /// <inheritdoc />
    public async Task<long?> SizeAsync(ObjectKey key, CancellationToken cancellation) => (await HeadAsync(key, cancellation))?.SizeBytes;

    /// <inheritdoc />
    public Task<ObjectHead?> HeadAsync(ObjectKey key, CancellationToken cancellation) => _tries.RunAsync($"look up {key}", async trying =>
    {
        try
        {
            var found = await _client.StatObjectAsync(new StatObjectArgs().WithBucket(_options.Bucket).WithObject(key.Value), trying);
            return new ObjectHead(found.Size, found.MetaData.GetValueOrDefault(Checksum));
        }
        catch (Exception error) when (S3Failure.IsNotFound(error))
        {
            return null;
        }
    }, cancellation);

    /// <inheritdoc />
    public async Task<Uri?> LinkAsync(ObjectKey key, TimeSpan lifetime) => await SignedGetAsync(key, lifetime);

    /// <inheritdoc />
    public Task DeleteAsync(ObjectKey key, CancellationToken cancellation) => _tries.RunAsync($"delete {key}", async trying =>
    {
        try
        {
            await _client.RemoveObjectAsync(new RemoveObjectArgs().WithBucket(_options.Bucket).WithObject(key.Value), trying);
        }
        catch (Exception error) when (S3Failure.IsNotFound(error))
        {
            // Gone already, with or without its bucket.
        }

        return true;
    }, cancellation);

    /// <inheritdoc />
    public async IAsyncEnumerable<ObjectKey> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = new ListObjectsArgs().WithBucket(_options.Bucket).WithPrefix(prefix).WithRecursive(true);
        await foreach (var item in _tries.EachAsync($"list {prefix}", listing => _client.ListObjectsEnumAsync(request, listing), cancellation))
        {
            // One object of a stranger's must not end the farm's own listing.
            if (ObjectKey.TryParse(item.Key) is { } key) yield return key;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _client.Dispose();
        _whole.Dispose();
        _http.Dispose();
    }

    private async Task<HttpResponseMessage> SendPutAsync(
        ObjectKey key, Dictionary<string, string> kept, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellation)
    {
        var address = await _client.PresignedPutObjectAsync(
            new PresignedPutObjectArgs().WithBucket(_options.Bucket).WithObject(key.Value).WithExpiry((int)SignatureLifetime.TotalSeconds).WithHeaders(kept));
        using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = new ReadOnlyMemoryContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        return await _http.SendAsync(request, cancellation);
    }

    private async Task<Uri> SignedGetAsync(ObjectKey key, TimeSpan lifetime) => new(await _client.PresignedGetObjectAsync(
        new PresignedGetObjectArgs().WithBucket(_options.Bucket).WithObject(key.Value).WithExpiry((int)lifetime.TotalSeconds)));
}
