using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace RenderFarm.Testing.Services;

/// <summary>
/// A TCP connection's bad days, on demand: stands between a client and a server on loopback and passes bytes on until the test wants otherwise. Settings
/// hold for connections that are open and for those to come.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<ProxiedConnection, byte> _connections = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private volatile FlowGate _toServer = FlowGate.Open();
    private volatile FlowGate _toClient = FlowGate.Open();
    private volatile bool _refusing;
    private volatile int _answers = int.MaxValue;
    private int _opened;

    /// <param name="target">Host and port to pass bytes on to.</param>
    /// <param name="clock">Measures delays.</param>
    public FaultProxy(Uri target, TimeProvider? clock = null) : this(target.Host, target.Port, clock)
    {
    }

    /// <param name="host">Host to pass bytes on to.</param>
    /// <param name="port">Its port.</param>
    /// <param name="clock">Measures delays.</param>
    public FaultProxy(string host, int port, TimeProvider? clock = null)
    {
        (_host, _port, Clock) = (host, port, clock ?? TimeProvider.System);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>The loopback port that clients connect to.</summary>
    public int Port { get; }

    /// <summary>Wait of every piece before it is passed on; zero for none.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Most bytes a second in each direction of a connection; zero for no limit.</summary>
    public int BytesPerSecond { get; set; }

    /// <summary>Cuts one connection at one place; null for none.</summary>
    public AimedCut? Aim { get; set; }

    /// <summary>Connections open now.</summary>
    public int Connections => _connections.Count;

    /// <summary>Connections taken so far.</summary>
    public int Opened => Volatile.Read(ref _opened);

    /// <summary>Passes nothing on in either direction and keeps what comes for later: a frozen peer.</summary>
    public void Pause()
    {
        _toServer = FlowGate.Closed(_toServer);
        _toClient = FlowGate.Closed(_toClient);
    }

    /// <summary>Only answers are lost in the network: the server hears the client, and the client hears nothing.</summary>
    public void PauseAnswers() => _toClient = FlowGate.Closed(_toClient);

    /// <summary>Only questions are lost in the network: the client hears the server, and the server hears nothing.</summary>
    public void PauseQuestions() => _toServer = FlowGate.Closed(_toServer);

    /// <summary>Ends a pause; what was kept goes on its way.</summary>
    public void Resume()
    {
        _toServer.Release();
        _toClient.Release();
    }

    /// <summary>Resets every open connection, in the middle of whatever it carries. New ones are taken as before.</summary>
    public void Cut()
    {
        foreach (var connection in _connections.Keys) connection.Reset();
    }

    /// <summary>Resets every open connection and each new one, until <see cref="Accept"/>.</summary>
    public void Refuse()
    {
        _refusing = true;
        Cut();
    }

    /// <summary>Takes connections again, and answers those that come from now on.</summary>
    public void Accept() => (_refusing, _answers) = (false, int.MaxValue);

    /// <summary>
    /// New connections are taken, and after so many pieces of the server's nothing passes any more, in either direction, not even the end: a peer whose machine
    /// died, or a line that somebody between forgot. They stay so; <see cref="Accept"/> is for those after them.
    /// </summary>
    /// <param name="answers">Pieces that still come from the server; 0 for a peer that never says a word.</param>
    public void Forget(int answers) => _answers = answers;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        Resume();
        Cut();
        await _accepting;
        await Task.WhenAll(_connections.Keys.Select(connection => connection.Ended));
        _listener.Dispose();
        _ending.Dispose();
    }

    internal TimeProvider Clock { get; }

    internal Task PassAsync(bool toServer, CancellationToken cancellation) => (toServer ? _toServer : _toClient).WaitAsync(cancellation);

    private async Task AcceptAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptSocketAsync(_ending.Token);
                Interlocked.Increment(ref _opened);
                var connection = new ProxiedConnection(this, client, _answers);
                _connections[connection] = 0;
                if (_refusing) connection.Reset();
                _ = Task.Run(() => LiveAsync(connection));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Either the proxy ends, which the loop's condition sees, or a client gave up before it was taken.
            }
        }
    }

    private async Task LiveAsync(ProxiedConnection connection)
    {
        await connection.RunAsync(_host, _port, _ending.Token);
        _connections.TryRemove(connection, out _);
    }
}
