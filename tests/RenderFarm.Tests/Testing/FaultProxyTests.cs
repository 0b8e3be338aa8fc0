using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.Tests.Testing;

public sealed class FaultProxyTests : IAsyncDisposable
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly FaultProxy _proxy;

    public FaultProxyTests()
    {
        _server.Start();
        _proxy = new FaultProxy("127.0.0.1", ((IPEndPoint)_server.LocalEndpoint).Port);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task Bytes_pass_in_both_directions_and_so_does_the_end()
    {
        var (client, server) = await ConnectAsync();
        await client.SendAsync("question"u8.ToArray(), Cancellation);
        Assert.Equal("question"u8.ToArray(), await ReceiveAsync(server, 8));
        await server.SendAsync("answer"u8.ToArray(), Cancellation);
        Assert.Equal("answer"u8.ToArray(), await ReceiveAsync(client, 6));
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await client.ReceiveAsync(new byte[1], Cancellation));
    }

    [Fact]
    public async Task Paused_bytes_arrive_after_the_pause_and_none_before()
    {
        var (client, server) = await ConnectAsync();
        _proxy.Pause();
        await client.SendAsync("late"u8.ToArray(), Cancellation);
        var arriving = ReceiveAsync(server, 4);
        await Assert.ThrowsAsync<TimeoutException>(() => arriving.WaitAsync(TimeSpan.FromMilliseconds(100), Cancellation));
        _proxy.Resume();
        Assert.Equal("late"u8.ToArray(), await arriving);
    }

    [Fact]
    public async Task Half_open_connection_carries_questions_and_no_answers()
    {
        var (client, server) = await ConnectAsync();
        _proxy.PauseAnswers();
        await client.SendAsync("heard"u8.ToArray(), Cancellation);
        Assert.Equal("heard"u8.ToArray(), await ReceiveAsync(server, 5));
        await server.SendAsync("lost"u8.ToArray(), Cancellation);
        await Assert.ThrowsAsync<TimeoutException>(() => ReceiveAsync(client, 4).WaitAsync(TimeSpan.FromMilliseconds(100), Cancellation));
    }

    [Fact]
    public async Task Connection_that_is_half_open_the_other_way_carries_answers_and_no_questions()
    {
        var (client, server) = await ConnectAsync();
        _proxy.PauseQuestions();
        await server.SendAsync("heard"u8.ToArray(), Cancellation);
        Assert.Equal("heard"u8.ToArray(), await ReceiveAsync(client, 5));
        await client.SendAsync("lost"u8.ToArray(), Cancellation);
        await Assert.ThrowsAsync<TimeoutException>(() => ReceiveAsync(server, 4).WaitAsync(TimeSpan.FromMilliseconds(100), Cancellation));
    }

    [Fact]
    public async Task Cut_resets_both_ends_and_the_next_connection_is_whole()
    {
        var (client, server) = await ConnectAsync();
        _proxy.Cut();
        await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(client, 1));
        await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(server, 1));
        (client, server) = await ConnectAsync();
        await client.SendAsync("again"u8.ToArray(), Cancellation);
        Assert.Equal("again"u8.ToArray(), await ReceiveAsync(server, 5));
    }

    [Fact]
    public async Task Refused_connection_is_reset_until_connections_are_accepted_again()
    {
        _proxy.Refuse();
        using var refused = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            // The reset may come before the system has told the client that it is connected, or after.
            await refused.ConnectAsync(IPAddress.Loopback, _proxy.Port, Cancellation);
            await ReceiveAsync(refused.Client, 1);
        });
        _proxy.Accept();
        var (client, server) = await ConnectAsync();
        await client.SendAsync("x"u8.ToArray(), Cancellation);
        Assert.Equal("x"u8.ToArray(), await ReceiveAsync(server, 1));
    }

    [Fact]
    public async Task Reset_of_the_server_reaches_a_client_that_says_nothing()
    {
        var (client, server) = await ConnectAsync();
        server.LingerState = new LingerOption(true, 0);
        server.Close();
        await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(client, 1).WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
    }

    [Fact]
    public async Task Forgotten_connection_carries_some_answers_and_then_nothing_not_even_the_end()
    {
        _proxy.Forget(1);
        var (client, server) = await ConnectAsync();
        await client.SendAsync("heard"u8.ToArray(), Cancellation);
        Assert.Equal("heard"u8.ToArray(), await ReceiveAsync(server, 5));
        await server.SendAsync("first"u8.ToArray(), Cancellation);
        Assert.Equal("first"u8.ToArray(), await ReceiveAsync(client, 5));
        await server.SendAsync("second"u8.ToArray(), Cancellation);
        server.LingerState = new LingerOption(true, 0);
        server.Close();
        _proxy.Accept();
        var waiting = ReceiveAsync(client, 1);
        var (next, answering) = await ConnectAsync();
        await answering.SendAsync("x"u8.ToArray(), Cancellation);
        Assert.Equal("x"u8.ToArray(), await ReceiveAsync(next, 1));
        await Assert.ThrowsAsync<TimeoutException>(() => waiting.WaitAsync(TimeSpan.FromMilliseconds(100), Cancellation));
    }

    [Fact]
    public async Task Connection_forgotten_from_the_start_carries_nothing()
    {
        _proxy.Forget(0);
        var (client, server) = await ConnectAsync();
        await client.SendAsync("lost"u8.ToArray(), Cancellation);
        await server.SendAsync("lost"u8.ToArray(), Cancellation);
        await Assert.ThrowsAsync<TimeoutException>(() => ReceiveAsync(server, 1).WaitAsync(TimeSpan.FromMilliseconds(100), Cancellation));
        await Assert.ThrowsAsync<TimeoutException>(() => ReceiveAsync(client, 1).WaitAsync(TimeSpan.FromMilliseconds(100), Cancellation));
    }

    [Fact]
    public async Task Throttled_bytes_take_their_time()
    {
        var (client, server) = await ConnectAsync();
        _proxy.BytesPerSecond = 10_000;
        var begun = Stopwatch.GetTimestamp();
        await client.SendAsync(new byte[2_000], Cancellation);
        Assert.Equal(2_000, (await ReceiveAsync(server, 2_000)).Length);
        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Delayed_bytes_come_no_sooner_than_the_delay()
    {
        var (client, server) = await ConnectAsync();
        _proxy.Delay = TimeSpan.FromMilliseconds(80);
        var begun = Stopwatch.GetTimestamp();
        await client.SendAsync(new byte[1], Cancellation);
        await ReceiveAsync(server, 1);
        Assert.InRange(Stopwatch.GetElapsedTime(begun), _proxy.Delay, TimeSpan.FromSeconds(10));
    }

    private async Task<(Socket Client, Socket Server)> ConnectAsync()
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Port, Cancellation);
        return (client, await _server.AcceptSocketAsync(Cancellation));
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var received = 0; received < count;)
        {
            var piece = await socket.ReceiveAsync(bytes.AsMemory(received), Cancellation);
            if (piece == 0) throw new EndOfStreamException();
            received += piece;
        }

        return bytes;
    }
}
