using System.Diagnostics;
using System.Net;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing.Services;
using RenderFarm.Tests.Hosting;
using Xunit;

namespace RenderFarm.IntegrationTests.Services;

/// <summary>The store on a real S3 server, on good days and on bad ones.</summary>
public sealed class S3ObjectStoreTests : ObjectStoreConformance, IAsyncLifetime
{
    private static readonly ObjectKey Key = new("images/a/000001-1-b.png");
    private static readonly byte[] Content = [.. Enumerable.Range(0, 20_000).Select(i => (byte)(i * 13))];
    private S3Service? _server;
    private S3ObjectStore? _store;

    protected override IObjectStore Store => _store!;

    public async ValueTask InitializeAsync()
    {
        _server = await S3Service.SharedAsync();
        _store = Open(Options());
    }

    public ValueTask DisposeAsync()
    {
        _store?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Missing_bucket_reads_as_empty_and_is_made_by_the_first_put()
    {
        Assert.Empty(await ListAsync(Store, "images/"));
        Assert.Null(await Store.OpenAsync(Key, Cancellation));
        Assert.Null(await Store.HeadAsync(Key, Cancellation));
        await Store.DeleteAsync(Key, Cancellation);
        await Store.PutAsync(Key, Content, "image/png", Cancellation);
        Assert.Equal([Key.Value], await ListAsync(Store, "images/"));
    }

    [Fact]
    public async Task Bucket_that_may_not_be_made_is_named_in_the_failure()
    {
        var options = Options();
        options.CreateBucket = false;
        using var store = Open(options);
        var error = await Assert.ThrowsAsync<ObjectStoreException>(() => store.PutAsync(Key, Content, "image/png", Cancellation));
        Assert.Equal($"The object store at {options.Endpoint} (bucket {options.Bucket}) could not store {Key}: it answered 404 NoSuchBucket.", error.Message);
    }

    [Fact]
    public async Task Link_gives_the_object_to_whoever_has_it_and_to_nobody_else()
    {
        await Store.PutAsync(Key, Content, "image/png", Cancellation);
        var link = (await Store.LinkAsync(Key, TimeSpan.FromMinutes(1)))!;
        using var stranger = new HttpClient();
        using var answer = await stranger.GetAsync(link, Cancellation);
        Assert.Equal(Content, await answer.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal("image/png", answer.Content.Headers.ContentType!.MediaType);
        using var refused = await stranger.GetAsync(new Uri(link.GetLeftPart(UriPartial.Path)), Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task Listing_goes_on_over_the_page_of_a_thousand()
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 1_005), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation },
            async (i, trying) => await Store.PutAsync(new ObjectKey($"many/{i:D6}.png"), new byte[] { 1 }, "image/png", trying));
        Assert.Equal(Enumerable.Range(0, 1_005).Select(i => $"many/{i:D6}.png"), await ListAsync(Store, "many/"));
    }

    [Fact]
    public async Task Wrong_secret_is_refused_at_once_and_said()
    {
        var options = Options();
        options.SecretKey = "wrong";
        var requests = new CountingHandler();
        using var store = new S3ObjectStore(options, TimeProvider.System, requests);
        var error = await Assert.ThrowsAsync<ObjectStoreException>(() => store.PutAsync(Key, Content, "image/png", Cancellation));
        Assert.Contains("it answered 403 SignatureDoesNotMatch", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, requests.Count);
    }

    [Fact]
    public async Task Put_and_get_are_one_request_each()
    {
        var options = Options();
        var requests = new CountingHandler();
        using var store = new S3ObjectStore(options, TimeProvider.System, requests);
        await store.PutAsync(Key, Content, "image/png", Cancellation);
        requests.Count = 0;
        await store.PutAsync(Key, Content, "image/png", Cancellation);
        Assert.Equal(1, requests.Count);
        await using var read = await store.OpenAsync(Key, Cancellation);
        Assert.Equal(2, requests.Count);
    }

    [Fact]
    public async Task Every_fifth_answer_lost_to_an_overloaded_server_fails_no_put()
    {
        var requests = new CountingHandler { RefuseEvery = 5 };
        var options = Options();
        using var store = new S3ObjectStore(options, TimeProvider.System, requests);
        using var calm = Open(options);
        for (var i = 0; i < 50; i++) await store.PutAsync(new ObjectKey($"busy/{i:D2}.png"), Content, "image/png", Cancellation);
        Assert.Equal(50, (await ListAsync(calm, "busy/")).Count);
        Assert.True(requests.Count > 60);
    }

    [Fact]
    public async Task Cut_upload_leaves_no_object()
    {
        await using var proxy = new FaultProxy(_server!.Endpoint);
        var options = Options();
        (options.Endpoint, options.Tries) = ($"http://127.0.0.1:{proxy.Port}", 1);
        using var store = Open(options);
        await store.PutAsync(new ObjectKey("first.png"), Content, "image/png", Cancellation);
        proxy.BytesPerSecond = 200_000;
        var putting = store.PutAsync(Key, new byte[2_000_000], "image/png", Cancellation);
        await Assert.ThrowsAsync<TimeoutException>(() => putting.WaitAsync(TimeSpan.FromMilliseconds(300), Cancellation));
        proxy.Cut();
        await Assert.ThrowsAsync<ObjectStoreException>(() => putting);
        proxy.BytesPerSecond = 0;
        Assert.Null(await store.HeadAsync(Key, Cancellation));
    }

    [Fact]
    public async Task Frozen_server_is_given_up_after_the_time_out_and_works_again_when_it_thaws()
    {
        await using var proxy = new FaultProxy(_server!.Endpoint);
        var options = Options();
        (options.Endpoint, options.Tries, options.Timeout) = ($"http://127.0.0.1:{proxy.Port}", 1, TimeSpan.FromSeconds(1));
        using var store = Open(options);
        await store.PutAsync(Key, Content, "image/png", Cancellation);
        proxy.Pause();
        var begun = Stopwatch.GetTimestamp();
        var error = await Assert.ThrowsAsync<ObjectStoreException>(() => store.PutAsync(Key, Content, "image/png", Cancellation));
        Assert.EndsWith($"could not store {Key}: it gave no answer within 1 s.", error.Message, StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(5));
        proxy.Resume();
        await store.PutAsync(Key, Content, "image/png", Cancellation);
    }

    [Fact]
    public async Task Cancellation_is_no_failure_of_the_store()
    {
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.PutAsync(Key, Content, "image/png", canceled.Token));
    }

    private ObjectStoreOptions Options() => new()
    {
        Endpoint = _server!.Endpoint.ToString(),
        AccessKey = _server.AccessKey,
        SecretKey = _server.SecretKey,
        Bucket = S3Service.NewBucketName(),
    };

    private static S3ObjectStore Open(ObjectStoreOptions options) => new(options, TimeProvider.System);

    private static async Task<List<string>> ListAsync(IObjectStore store, string prefix)
    {
        List<string> keys = [];
        await foreach (var key in store.ListAsync(prefix, Cancellation)) keys.Add(key.Value);
        return keys;
    }

    private sealed class CountingHandler() : DelegatingHandler(new SocketsHttpHandler())
    {
        private int _count;

        public int Count
        {
            get => Volatile.Read(ref _count);
            set => Volatile.Write(ref _count, value);
        }

        public int RefuseEvery { get; init; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var number = Interlocked.Increment(ref _count);
            return RefuseEvery > 0 && number % RefuseEvery == 0
                ? Task.FromResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Content = new StringContent("<Error><Code>SlowDown</Code></Error>") })
                : base.SendAsync(request, cancellationToken);
        }
    }
}
