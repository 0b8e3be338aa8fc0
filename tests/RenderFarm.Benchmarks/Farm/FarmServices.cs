using Npgsql;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing;
using RenderFarm.Testing.Farm;
using RenderFarm.Testing.Services;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>The servers of one run, started as child processes: Postgres with its disk writes on, RabbitMQ, and Ceph's gateway where it is asked for.</summary>
internal sealed class FarmServices : IAsyncDisposable
{
    private readonly PostgresService _postgres;
    private readonly RabbitMqService _rabbit;
    private readonly S3Service? _s3;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-load-");
    private readonly ObjectStoreOptions _store;

    private FarmServices(PostgresService postgres, string connection, RabbitMqService rabbit, S3Service? s3)
    {
        (_postgres, Connection, _rabbit, _s3) = (postgres, connection, rabbit, s3);
        _store = s3 is null
            ? new ObjectStoreOptions { Folder = Path.Combine(_folder.FullName, "objects") }
            : new ObjectStoreOptions { Endpoint = s3.Endpoint.ToString(), AccessKey = s3.AccessKey, SecretKey = s3.SecretKey, Bucket = S3Service.NewBucketName() };
        // Statements stay prepared and connections as they are, as the farm's do.
        Record = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { MaxAutoPrepare = 20, AutoPrepareMinUsages = 2, NoResetOnClose = true });
        Store = s3 is null ? new FileObjectStore(_store.Folder!) : new S3ObjectStore(_store, TimeProvider.System);
    }

    /// <summary>Npgsql's connection string.</summary>
    public string Connection { get; }

    /// <summary>The record, past the farm.</summary>
    public NpgsqlDataSource Record { get; }

    /// <summary>The objects, past the farm.</summary>
    public IObjectStore Store { get; }

    /// <summary>The broker's address.</summary>
    public Uri Broker => _rabbit.Address;

    /// <summary>A place for the ledger and other files.</summary>
    public string FileNamed(string name) => Path.Combine(_folder.FullName, name);

    public static async Task<FarmServices> StartAsync(LoadOptions options)
    {
        var postgres = await PostgresService.StartAsync(durable: true);
        var connection = await postgres.AddDatabaseAsync();
        var rabbit = await RabbitMqService.StartAsync();
        // In memory it would be full after 4 GiB, which is less than a minute's worth of large images.
        var s3 = options.Store == "s3" ? await S3Service.StartAsync(onDisk: true) : null;
        return new FarmServices(postgres, connection, rabbit, s3);
    }

    /// <summary>Starts the farm's two programs as they ship, the coordinator first.</summary>
    public async Task<IReadOnlyList<FarmMember>> StartFarmAsync(LoadOptions options)
    {
        (string, string)[] shared = [("Bus:Connection", Broker.ToString()), .. StoreSettings()];
        var coordinator = await FarmMember.StartAsync(
            "Coordinator", [.. shared, ("Record:Connection", Connection), ("Coordinator:TenantHeader", LoadGenerator.TenantHeader)], CancellationToken.None);
        var worker = await FarmMember.StartAsync(
            "Worker",
            [
                .. shared,
                ("Worker:Name", "load"),
                ("Worker:Device", "cpu"),
                ("Worker:Checkpoints:0", Repository.DemoCheckpoint),
                ("Worker:Renderer", options.Renderer == "null" ? "null" : "engine"),
                ("Worker:NullImageBytes", $"{options.Bytes}"),
                ("Worker:NullImageTime", $"{TimeSpan.FromMilliseconds(options.Milliseconds)}"),
                ("Worker:StoresAtOnce", $"{options.InFlight}"),
            ],
            CancellationToken.None);
        return [coordinator, worker];
    }

    private IEnumerable<(string, string)> StoreSettings() => _store.Folder is { } folder
        ? [("Store:Folder", folder)]
        : [("Store:Endpoint", _store.Endpoint!), ("Store:Bucket", _store.Bucket), ("Store:AccessKey", _store.AccessKey!), ("Store:SecretKey", _store.SecretKey!)];

    public async ValueTask DisposeAsync()
    {
        await Record.DisposeAsync();
        (Store as IDisposable)?.Dispose();
        if (_s3 is not null) await _s3.DisposeAsync();
        await _rabbit.DisposeAsync();
        await _postgres.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
