using System.Net;
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
    [InlineData(HttpStatusCode.Forbidden, true)]
    [InlineData(HttpStatusCode.ServiceUnavailable, false)]
    public async Task Store_that_says_no_is_told_apart_from_one_that_is_away(HttpStatusCode status, bool isRefusal)
    {
        using var store = Store(_ => new HttpResponseMessage(status) { Content = new StringContent("<Error><Code>No</Code></Error>") }, tries: 1);
        Assert.Equal(isRefusal, (await Assert.ThrowsAsync<ObjectStoreException>(() => store.PutAsync(Key, new byte[1], "image/png", Cancellation))).IsRefusal);
    }

    [Fact]
    public async Task Store_that_nobody_answers_for_is_away()
    {
        using var store = Store(_ => throw new HttpRequestException("Connection refused"), tries: 1);
        Assert.False((await Assert.ThrowsAsync<ObjectStoreException>(() => store.PutAsync(Key, new byte[1], "image/png", Cancellation))).IsRefusal);
    }

    [Fact]
    public async Task Listing_leaves_out_what_somebody_else_put_into_the_bucket()
    {
        const string Contents = """
            <?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>renderfarm</Name><IsTruncated>false</IsTruncated>
            <Contents><Key>images/My Holiday.JPG</Key><Size>1</Size></Contents><Contents><Key>images/a.png</Key><Size>1</Size></Contents></ListBucketResult>
            """;
        using var store = Store(_ => new HttpResponseMessage { Content = new StringContent(Contents) });
        Assert.Equal(["images/a.png"], await store.ListAsync("images/", Cancellation).Select(key => key.Value).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Addresses_name_the_bucket_in_the_path_at_AWS_too()
    {
        using var store = Store(_ => throw new NotSupportedException(), endpoint: "https://s3.eu-central-1.amazonaws.com");
        Assert.Equal(
            "https://s3.eu-central-1.amazonaws.com/renderfarm/images/a.png", (await store.LinkAsync(Key, TimeSpan.FromMinutes(1)))!.GetLeftPart(UriPartial.Path));
    }

    private S3ObjectStore Store(Func<HttpRequestMessage, HttpResponseMessage> answer, string endpoint = "http://s3.example.org", int tries = 3) => new(
        new ObjectStoreOptions { Endpoint = endpoint, AccessKey = "a", SecretKey = "b", Tries = tries, Region = "eu-central-1" }, _clock, new AnsweringHandler(answer));

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
        private bool _isDead;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_isDead) await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
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
