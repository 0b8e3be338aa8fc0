using System.Globalization;
using Npgsql;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing.Faults.Inside;
using RenderFarm.Testing.Services;

namespace RenderFarm.Testing.Faults;

/// <summary>
/// A whole farm of separate processes on real servers, with a breakable line to each server: coordinators, and as many workers as the test starts.
/// Everything is gone when it is disposed.
/// </summary>
public sealed class FarmUnderTest : IAsyncDisposable
{
    private readonly FarmSettings _settings;
    private readonly string _folder;
    private readonly List<FarmProcess> _processes = [];
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly int[] _ports;
    private readonly List<(FaultProxy Broker, FaultProxy Database)> _ownLines = [];
    private string _connection = "";
    private VirtualHost? _virtualHost;
    private HttpFaultProxy? _store;
    private S3Service? _s3;
    private string _bucket = "";

    private FarmUnderTest(FarmSettings settings, string folder)
    {
        (_settings, _folder) = (settings, folder);
        _ports = FreePorts.Take(settings.Coordinators);
        Coordinators = new FarmProcess[settings.Coordinators];
    }

    /// <summary>Where logs go.</summary>
    public string Folder => _folder;

    /// <summary>Whether the logs stay when the farm is gone: where something went wrong, or <c>RENDERFARM_KEEP_LOGS</c> is set.</summary>
    public bool KeepsLogs { get; set; } = Environment.GetEnvironmentVariable("RENDERFARM_KEEP_LOGS") is not null;

    /// <summary>The broker; own only where the settings say so.</summary>
    public RabbitMqService Broker { get; private set; } = null!;

    /// <summary>The farm's part of the broker.</summary>
    public VirtualHost Bus => _virtualHost!;

    /// <summary>The database server; own only where the settings say so.</summary>
    public PostgresService Database { get; private set; } = null!;

    /// <summary>The line to the broker.</summary>
    public FaultProxy BrokerLine { get; private set; } = null!;

    /// <summary>The coordinators' line to the database.</summary>
    public FaultProxy DatabaseLine { get; private set; } = null!;

    /// <summary>A coordinator's own line to the broker; only where the settings say so.</summary>
    public FaultProxy BrokerLineOf(int coordinator) => _ownLines[coordinator].Broker;

    /// <summary>A coordinator's own line to the database; only where the settings say so.</summary>
    public FaultProxy DatabaseLineOf(int coordinator) => _ownLines[coordinator].Database;

    /// <summary>The line to the object store, as requests see it.</summary>
    public HttpFaultProxy StoreLine => _store!;

    /// <summary>The same line, as connections see it.</summary>
    public FaultProxy StoreWire { get; private set; } = null!;

    /// <summary>The coordinators.</summary>
    public FarmProcess[] Coordinators { get; }

    /// <summary>Client of each coordinator.</summary>
    public HttpClient Client(int coordinator = 0) => Clients[coordinator];

    /// <summary>The record, read past every coordinator and past the line.</summary>
    public NpgsqlDataSource Record { get; private set; } = null!;

    /// <summary>The objects, read past the line.</summary>
    public IObjectStore Objects { get; private set; } = null!;

    private HttpClient[] Clients { get; set; } = [];

    /// <summary>Starts servers and coordinators.</summary>
    public static async Task<FarmUnderTest> StartAsync(FarmSettings settings, CancellationToken cancellation)
    {
        var farm = new FarmUnderTest(settings, Directory.CreateTempSubdirectory("renderfarm-faults-").FullName);
        try
        {
            await farm.ServersAsync();
            farm.Clients = [.. farm._ports.Select(port => new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(20) })];
            for (var i = 0; i < settings.Coordinators; i++) await farm.StartCoordinatorAsync(i, null, cancellation);
            return farm;
        }
        catch
        {
            await farm.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a coordinator, again if need be, and waits until it answers.</summary>
    public async Task StartCoordinatorAsync(int index, (KillPoint Point, int Passage)? kill, CancellationToken cancellation)
    {
        var (broker, database) = _settings.OwnLines ? _ownLines[index] : (BrokerLine, DatabaseLine);
        var settings = Shared(broker.Port);
        settings["ASPNETCORE_URLS"] = $"http://127.0.0.1:{_ports[index]}";
        settings["RENDERFARM__RECORD__CONNECTION"] = PostgresService.Via(_connection, database.Port);
        settings["RENDERFARM__RECORD__LEADERSHIPDURATION"] = _settings.Leadership.ToString("c");
        settings["RENDERFARM__RECORD__LEADERSHIPRENEWAL"] = (_settings.Leadership / 4).ToString("c");
        settings["RENDERFARM__COORDINATOR__NAME"] = $"c{index}";
        settings["RENDERFARM__COORDINATOR__LEASEDURATION"] = _settings.Lease.ToString("c");
        settings["RENDERFARM__COORDINATOR__RESCUEINTERVAL"] = _settings.RescueInterval.ToString("c");
        settings["RENDERFARM__COORDINATOR__POISONDEATHS"] = _settings.PoisonDeaths.ToString(CultureInfo.InvariantCulture);
        settings["RENDERFARM__COORDINATOR__MAXRESCUES"] = _settings.MaxRescues.ToString(CultureInfo.InvariantCulture);
        Coordinators[index] = Add(FarmProcess.Start("coordinator", $"c{index}", _folder, settings, kill));
        await Wait.UntilAsync(() => IsUpAsync(index, cancellation), TimeSpan.FromSeconds(60), $"coordinator {index} to come up (logs in {_folder})", cancellation);
    }

    /// <summary>Starts a worker. It announces itself when it is up.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="kill">Where it shall die; null for nowhere.</param>
    /// <param name="line">Its own line to the broker; null for the one that all share.</param>
    /// <param name="more">Environment variables of its own.</param>
    public FarmProcess StartWorker(
        string name, (KillPoint Point, int Passage)? kill = null, FaultProxy? line = null, IReadOnlyDictionary<string, string>? more = null)
    {
        var settings = Shared((line ?? BrokerLine).Port);
        settings["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        settings["RENDERFARM__WORKER__NAME"] = name;
        settings["RENDERFARM__WORKER__DEVICE"] = "cpu";
        settings["RENDERFARM__WORKER__SLOTS"] = _settings.Slots.ToString(CultureInfo.InvariantCulture);
        settings["RENDERFARM__WORKER__HEARTBEAT"] = _settings.Heartbeat.ToString("c");
        settings[PacedPipeline.StepVariable] = _settings.Step.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        foreach (var (key, value) in more ?? new Dictionary<string, string>()) settings[key] = value;
        return Add(FarmProcess.Start("worker", name, _folder, settings, kill));
    }

    /// <summary>How many processes read a queue, as the broker knew it some seconds ago at most.</summary>
    public async Task<int> ReadersAsync(string queue) => (await _virtualHost!.QueuesAsync()).SingleOrDefault(known => known.Name == queue)?.Readers ?? 0;

    /// <summary>Another line to the broker, for one worker.</summary>
    public FaultProxy NewBrokerLine() => Own(new FaultProxy(Broker.Address));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var client in Clients) client.Dispose();
        foreach (var process in _processes) await process.DisposeAsync();
        if (Record is not null) await Record.DisposeAsync();
        (Objects as IDisposable)?.Dispose();
        foreach (var owned in Enumerable.Reverse(_owned)) await owned.DisposeAsync();
        if (!KeepsLogs) Directory.Delete(_folder, recursive: true);
    }

    private async Task ServersAsync()
    {
        Broker = _settings.OwnServers ? Own(await RabbitMqService.StartAsync()) : await RabbitMqService.SharedAsync();
        Database = _settings.OwnServers ? Own(await PostgresService.StartAsync(durable: true)) : await PostgresService.SharedAsync();
        _s3 = await S3Service.SharedAsync();
        _virtualHost = await Broker.AddVirtualHostAsync();
        if (!_settings.OwnServers) Own(_virtualHost);
        _connection = await Database.AddDatabaseAsync();
        _bucket = S3Service.NewBucketName();
        BrokerLine = Own(new FaultProxy(Broker.Address));
        DatabaseLine = Own(new FaultProxy("127.0.0.1", Database.Port));
        for (var i = 0; _settings.OwnLines && i < _settings.Coordinators; i++)
            _ownLines.Add((Own(new FaultProxy("127.0.0.1", BrokerLine.Port)), Own(new FaultProxy("127.0.0.1", DatabaseLine.Port))));
        _store = Own(await HttpFaultProxy.StartAsync(_s3.Endpoint));
        StoreWire = Own(new FaultProxy(_store.Address));
        Record = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_connection) { MaxPoolSize = 4 });
        Objects = new S3ObjectStore(StoreOptions(_s3.Endpoint), TimeProvider.System);
    }

    private ObjectStoreOptions StoreOptions(Uri endpoint) => new()
    {
        Endpoint = endpoint.ToString().TrimEnd('/'),
        Bucket = _bucket,
        AccessKey = _s3!.AccessKey,
        SecretKey = _s3.SecretKey,
    };

    private Dictionary<string, string> Shared(int brokerPort) => new()
    {
        ["RENDERFARM__BUS__CONNECTION"] = _virtualHost!.AddressVia(brokerPort).ToString(),
        ["RENDERFARM__BUS__HEARTBEAT"] = "00:00:05",
        ["RENDERFARM__STORE__ENDPOINT"] = $"http://127.0.0.1:{StoreWire.Port}",
        ["RENDERFARM__STORE__BUCKET"] = _bucket,
        ["RENDERFARM__STORE__ACCESSKEY"] = _s3!.AccessKey,
        ["RENDERFARM__STORE__SECRETKEY"] = _s3.SecretKey,
    };

    private async Task<bool> IsUpAsync(int index, CancellationToken cancellation)
    {
        if (Coordinators[index].HasEnded) throw new InvalidOperationException($"Coordinator {index} ended; its log is in {_folder}.");
        try
        {
            using var answer = await Clients[index].GetAsync(new Uri("/health/live", UriKind.Relative), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private FarmProcess Add(FarmProcess process)
    {
        lock (_processes) _processes.Add(process);
        return process;
    }

    private T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
