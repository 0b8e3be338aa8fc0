using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Hosting.Messaging.Broker;
using Xunit;

namespace RenderFarm.Tests.Hosting;

public sealed class BrokerLineTests : IAsyncLifetime
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _clock = new();
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly BrokerLine _line;
    private Socket? _broker;
    private NetworkStream? _stream;

    public BrokerLineTests() => _line = new BrokerLine(AddressFamily.InterNetwork, Silence, _clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server.Start();
        await _line.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)_server.LocalEndpoint).Port, Cancellation);
        _broker = await _server.AcceptSocketAsync(Cancellation);
        _stream = _line.GetStream();
    }

    public async ValueTask DisposeAsync()
    {
        if (_stream is not null) await _stream.DisposeAsync();
        _line.Dispose();
        _broker?.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Broker_that_never_says_a_word_breaks_the_line()
    {
        var reading = ReadAsync(Cancellation);
        _clock.Advance(Silence - TimeSpan.FromTicks(1));
        Assert.False(reading.IsCompleted);
        _clock.Advance(TimeSpan.FromTicks(1));
        var error = await Assert.ThrowsAsync<IOException>(() => reading.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        Assert.Equal("The broker has said nothing for 20 s.", error.Message);
    }

    [Fact]
    public async Task Each_piece_begins_the_time_anew()
    {
        for (var i = 0; i < 5; i++)
        {
            var reading = ReadAsync(Cancellation);
            _clock.Advance(Silence - TimeSpan.FromSeconds(1));
            await _broker!.SendAsync(new byte[3], Cancellation);
            Assert.Equal(3, await reading.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        }
    }

    [Fact]
    public async Task Reader_that_gives_up_is_told_so_and_not_of_silence()
    {
        using var ending = new CancellationTokenSource();
        var reading = ReadAsync(ending.Token);
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
    }

    [Fact]
    public async Task End_of_the_broker_is_the_end_of_the_line()
    {
        var reading = ReadAsync(Cancellation);
        _broker!.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await reading.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
    }

    private Task<int> ReadAsync(CancellationToken cancellation) => _stream!.ReadAsync(new byte[16], cancellation).AsTask();
}
