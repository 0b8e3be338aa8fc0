namespace RenderFarm.Testing.Services;

/// <summary>
/// An S3 server: the one named in <c>RENDERFARM_TEST_S3</c> (<c>address access-key secret-key</c>), else Ceph's object gateway, started for this run.
/// </summary>
public sealed class S3Service : IAsyncDisposable
{
    private static readonly Lazy<Task<S3Service>> Shared = new(() =>
        Environment.GetEnvironmentVariable("RENDERFARM_TEST_S3") is { Length: > 0 } answer ? Task.FromResult(new S3Service(null, answer)) : StartAsync(onDisk: false));

    private readonly LocalServer? _server;

    private S3Service(LocalServer? server, string answer)
    {
        var words = answer.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 3) throw new InvalidOperationException("RENDERFARM_TEST_S3 has three words: address, access key and secret key.");
        (_server, Endpoint, AccessKey, SecretKey) = (server, new Uri(words[0]), words[1], words[2]);
    }

    /// <summary>Address of the server, for path-style requests.</summary>
    public Uri Endpoint { get; }

    /// <summary>Who asks.</summary>
    public string AccessKey { get; }

    /// <summary>What that one signs with.</summary>
    public string SecretKey { get; }

    /// <summary>Region that signatures name.</summary>
    public const string Region = "us-east-1";

    /// <summary>The server that all test classes share. Never stop it: start one of your own for that.</summary>
    /// <exception cref="ServiceUnavailableException">There is none; the test is skipped.</exception>
    public static Task<S3Service> SharedAsync() => Shared.Value;

    /// <summary>A server for one test, which may stop and kill it. About 2 seconds.</summary>
    /// <param name="onDisk">Whether objects are kept on disk, so that they outlive a crash, or in memory.</param>
    /// <param name="certificate">What it shows on a port of its own for TLS; null (default) for a server without TLS.</param>
    /// <exception cref="ServiceUnavailableException">It does not start here; the test is skipped.</exception>
    public static async Task<S3Service> StartAsync(bool onDisk, ServerCertificate? certificate = null)
    {
        var ports = FreePorts.Take(3);
        string[] tls = certificate is null ? [] : [$"{ports[2]}", .. certificate.Files];
        var server = await LocalServer.StartAsync("radosgw", [$"{ports[0]}", $"{ports[1]}", onDisk ? "bluestore" : "memstore", .. tls]);
        return new S3Service(server, server.Answer) { TlsPort = certificate is null ? null : ports[2] };
    }

    /// <summary>Port for TLS; null without.</summary>
    public int? TlsPort { get; private init; }

    /// <summary>Name of a bucket that nobody else uses. Whoever stores the first object makes it.</summary>
    public static string NewBucketName() => $"test-{Guid.NewGuid():N}";

    /// <summary>Ends the server in good order.</summary>
    public Task StopAsync() => Own.DownAsync("TERM");

    /// <summary>Crashes the server.</summary>
    public Task KillAsync() => Own.DownAsync("KILL");

    /// <summary>Starts the server again; objects on disk are there as before.</summary>
    public Task StartAgainAsync() => Own.UpAsync();

    /// <summary>Freezes the gateway with its connections open.</summary>
    public void Freeze() => Own.Freeze();

    /// <summary>Lets a frozen gateway go on.</summary>
    public void Thaw() => Own.Thaw();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    private LocalServer Own => _server ?? throw new InvalidOperationException("A server named in the environment is not this run's to stop.");
}
