using System.Net;
using System.Security.Authentication;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Hosting.ObjectStore;
using Xunit;

namespace RenderFarm.Tests.Hosting;

/// <summary>The S3 store and answers that a healthy server does not give.</summary>
public sealed class S3FaultTests
{
    private static readonly ObjectKey Key = new("images/a.png");
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Body_that_stops_coming_fails_when_the_silence_is_too_long()
    {
        using var store = Store(_ => new HttpResponseMessage { Content = new StreamContent(new DyingStream()) });
        await using var body = (await store.OpenAsync(Key, Cancellation))!;
        var buffer = new byte[10];
        Assert.Equal(3, await body.ReadAsync(buffer, Cancellation));

        var reading = body.ReadAsync(buffer, Cancellation).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(reading.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));

        var error = await Assert.ThrowsAsync<ObjectStoreException>(() => reading.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        Assert.Equal("The object store at http://s3.example.org (bucket renderfarm) could not read images/a.png: it gave no answer within 30 s.", error.Message);
        Assert.False(error.IsRefusal);
    }

    [Fact]
    public async Task Cancellation_of_a_read_is_no_failure_of_the_store()
    {
        using var store = Store(_ => new HttpResponseMessage { Content = new StreamContent(new DyingStream()) });
        await using var body = (await store.OpenAsync(Key, Cancellation))!;
        using var leaving = new CancellationTokenSource();
        _ = await body.ReadAsync(new byte[10], leaving.Token);
        var reading = body.ReadAsync(new byte[10], leaving.Token).AsTask();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "AccessDenied", true)]
    [InlineData(HttpStatusCode.Forbidden, "RequestTimeTooSkewed", true)]
    [InlineData(HttpStatusCode.BadRequest, "InvalidRequest", true)]
    [InlineData(HttpStatusCode.BadRequest, "EntityTooLarge", true)]
    [InlineData(HttpStatusCode.BadRequest, "RequestTimeout", false)]
    [InlineData(HttpStatusCode.BadRequest, "IncompleteBody", false)]
    [InlineData(HttpStatusCode.BadRequest, "BadDigest", false)]
    [InlineData(HttpStatusCode.BadRequest, "ThrottlingException", false)]
    [InlineData(HttpStatusCode.Conflict, "OperationAborted", false)]
    [InlineData(HttpStatusCode.RequestTimeout, "", false)]
    [InlineData(HttpStatusCode.TooManyRequests, "", false)]
    [InlineData(HttpStatusCode.ServiceUnavailable, "SlowDown", false)]
    public async Task Store_that_says_no_is_told_apart_from_one_that_is_away(HttpStatusCode status, string code, bool isRefusal)
    {
        using var store = Store(_ => Refusal(status, code), tries: 1);
        Assert.Equal(isRefusal, (await Assert.ThrowsAsync<ObjectStoreException>(() => store.PutAsync(Key, new byte[1], "image/png", Cancellation))).IsRefusal);
    }

    [Fact]
    public async Task Put_that_the_server_saw_cut_short_is_sent_again()
    {
        var puts = 0;
        using var store = Store(_ => Interlocked.Increment(ref puts) == 1 ? Refusal(HttpStatusCode.BadRequest, "RequestTimeout") : new HttpResponseMessage(), clock: TimeProvider.System);
        await store.PutAsync(Key, new byte[1], "image/png", Cancellation);
        Assert.Equal(2, puts);
    }

    [Fact]
    public async Task Store_that_nobody_answers_for_is_away()
    {
        using var store = Store(_ => throw new HttpRequestException("Connection refused"), tries: 1);
        Assert.False((await Assert.ThrowsAsync<ObjectStoreException>(() => store.PutAsync(Key, new byte[1], "image/png", Cancellation))).IsRefusal);
    }

    [Fact]
    public async Task Store_that_TLS_does_not_trust_is_away_for_the_reason_that_TLS_gives()
    {
        const string reason = "The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot";
        using var store = Store(_ => throw new HttpRequestException("The SSL connection could not be established, see inner exception.", new AuthenticationException(reason)), tries: 1);
        var error = await Assert.ThrowsAsync<ObjectStoreException>(() => store.SizeAsync(Key, Cancellation));
        Assert.EndsWith($"could not look up images/a.png: {reason}.", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsRefusal);
    }

    [Fact]
    public async Task Listing_leaves_out_what_somebody_else_put_into_the_bucket()
    {
        using var store = Store(_ => new HttpResponseMessage { Content = new StringContent(Contents("images/My Holiday.JPG", "images/a.png")) });
        Assert.Equal(["images/a.png"], await store.ListAsync("images/", Cancellation).Select(key => key.Value).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Listing_that_nobody_answers_fails_after_its_time_and_takes_its_request_back()
    {
        var server = new SilentHandler();
        using var store = Store(server);
        var listing = store.ListAsync("images/", Cancellation).ToListAsync(Cancellation).AsTask();
        await server.Asked.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(listing.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));

        var error = await Assert.ThrowsAsync<ObjectStoreException>(() => listing.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        Assert.Equal("The object store at http://s3.example.org (bucket renderfarm) could not list images/: it gave no answer within 30 s.", error.Message);
        Assert.False(error.IsRefusal);
        await server.TakenBack.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }

    [Fact]
    public async Task Listing_whose_answer_stops_coming_fails_after_its_time()
    {
        var body = new DyingStream();
        using var store = Store(_ => new HttpResponseMessage { Content = new StreamContent(body) });
        var listing = store.ListAsync("images/", Cancellation).ToListAsync(Cancellation).AsTask();
        await body.Died.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        _clock.Advance(TimeSpan.FromSeconds(30));

        var error = await Assert.ThrowsAsync<ObjectStoreException>(() => listing.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        Assert.EndsWith("could not list images/: it gave no answer within 30 s.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_of_a_listing_is_no_failure_of_the_store()
    {
        var server = new SilentHandler();
        using var store = Store(server);
        using var leaving = new CancellationTokenSource();
        var listing = store.ListAsync("images/", leaving.Token).ToListAsync(CancellationToken.None).AsTask();
        await server.Asked.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listing.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        await server.TakenBack.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }

    [Fact]
    public async Task Reader_of_a_listing_may_take_his_time_between_two_keys()
    {
        using var store = Store(_ => new HttpResponseMessage { Content = new StringContent(Contents("images/a.png", "images/b.png")) });
        List<string> keys = [];
        await foreach (var key in store.ListAsync("images/", Cancellation))
        {
            keys.Add(key.Value);
            _clock.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(["images/a.png", "images/b.png"], keys);
    }

    [Fact]
    public async Task Addresses_name_the_bucket_in_the_path_at_AWS_too()
    {
        using var store = Store(_ => throw new NotSupportedException(), endpoint: "https://s3.eu-central-1.amazonaws.com");
        Assert.Equal(
            "https://s3.eu-central-1.amazonaws.com/renderfarm/images/a.png", (await store.LinkAsync(Key, TimeSpan.FromMinutes(1)))!.GetLeftPart(UriPartial.Path));
    }

    private static string Contents(params string[] keys) => $"""
        <?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>renderfarm</Name><IsTruncated>false</IsTruncated>
        {string.Concat(keys.Select(key => $"<Contents><Key>{key}</Key><Size>1</Size></Contents>"))}</ListBucketResult>
        """;

    private static HttpResponseMessage Refusal(HttpStatusCode status, string code) => new(status) { Content = new StringContent($"<Error><Code>{code}</Code></Error>") };

    private S3ObjectStore Store(
        Func<HttpRequestMessage, HttpResponseMessage> answer, string endpoint = "http://s3.example.org", int tries = 3, TimeProvider? clock = null) =>
        Store(new AnsweringHandler(answer), endpoint, tries, clock);

    private S3ObjectStore Store(HttpMessageHandler server, string endpoint = "http://s3.example.org", int tries = 3, TimeProvider? clock = null) => new(
        new ObjectStoreOptions { Endpoint = endpoint, AccessKey = "a", SecretKey = "b", Tries = tries, Region = "eu-central-1" }, clock ?? _clock, server);

    /// <summary>Takes requests and answers none.</summary>
    private sealed class SilentHandler : HttpMessageHandler
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _takenBack = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes with the first request.</summary>
        public Task Asked => _asked.Task;

        /// <summary>Completes when a request was canceled.</summary>
        public Task TakenBack => _takenBack.Task;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            try
            {
                await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            }
            finally
            {
                _takenBack.TrySetResult();
            }

            throw new InvalidOperationException("Nobody answers.");
        }
    }

    private sealed class AnsweringHandler(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Yield();
            var message = answer(request);
            message.RequestMessage = request;
            return message;
        }
    }

    /// <summary>Gives three bytes, and then nothing for ever, as a line does whose other end has gone without a word.</summary>
    private sealed class DyingStream : Stream
    {
        private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _isDead;

        /// <summary>Completes when somebody waits for what does not come.</summary>
        public Task Died => _died.Task;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_isDead)
            {
                _died.TrySetResult();
                await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            }

            _isDead = true;
            return 3;
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
