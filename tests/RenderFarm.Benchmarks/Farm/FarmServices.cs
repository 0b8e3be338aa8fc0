using Npgsql;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Testing.Services;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>The servers of one run, started as child processes: Postgres with its disk writes on, and RabbitMQ and Ceph's gateway where they are asked for.</summary>
internal sealed class FarmServices : IAsyncDisposable
{
    private readonly PostgresService _postgres;
    private readonly RabbitMqService? _rabbit;
    private readonly S3Service? _s3;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-load-");
    private readonly ObjectStoreOptions _store;

    private FarmServices(PostgresService postgres, string connection, RabbitMqService? rabbit, S3Service? s3)
    {
        (_postgres, Connection, _rabbit, _s3) = (postgres, connection, rabbit, s3);
        _store = s3 is null
            ? new ObjectStoreOptions { Folder = Path.Combine(_folder.FullName, "objects") }
            : new ObjectStoreOptions { Endpoint = s3.Endpoint.ToString(), AccessKey = s3.AccessKey, SecretKey = s3.SecretKey, Bucket = S3Service.NewBucketName() };
        Record = NpgsqlDataSource.Create(connection);
        Store = s3 is null ? new FileObjectStore(_store.Folder!) : new S3ObjectStore(_store, TimeProvider.System);
    }

    /// <summary>Npgsql's connection string.</summary>
    public string Connection { get; }

    /// <summary>The record, past the farm.</summary>
    public NpgsqlDataSource Record { get; }

    /// <summary>The objects, past the farm.</summary>
    public IObjectStore Store { get; }

    /// <summary>The broker's address; null when the bus is in memory.</summary>
    public Uri? Broker => _rabbit?.Address;

    /// <summary>A place for the ledger and other files.</summary>
    public string FileNamed(string name) => Path.Combine(_folder.FullName, name);

    public static async Task<FarmServices> StartAsync(LoadOptions options)
    {
        var postgres = await PostgresService.StartAsync(durable: true);
        var connection = await postgres.AddDatabaseAsync();
        var rabbit = options.Bus == "rabbitmq" || options.Raw ? await RabbitMqService.StartAsync() : null;
        var s3 = options.Store == "s3" ? await S3Service.StartAsync(onDisk: false) : null;
        return new FarmServices(postgres, connection, rabbit, s3);
    }

    /// <summary>Settings of a process of the farm.</summary>
    public Dictionary<string, string> Settings(LoadOptions options, string role)
    {
        var settings = new Dictionary<string, string>
        {
            [FarmHost.Role] = role,
            [FarmHost.Renderer] = options.Renderer,
            [FarmHost.Bytes] = $"{options.Bytes}",
            [FarmHost.Milliseconds] = $"{options.Milliseconds}",
            [FarmHost.Starts] = FileNamed("starts"),
            ["RenderFarm__Record__Connection"] = Connection,
        };
        if (_store.Folder is { } folder) settings["RenderFarm__Store__Folder"] = folder;
        if (_store.Endpoint is { } endpoint)
        {
            settings["RenderFarm__Store__Endpoint"] = endpoint;
            settings["RenderFarm__Store__Bucket"] = _store.Bucket;
            settings["RenderFarm__Store__AccessKey"] = _store.AccessKey!;
            settings["RenderFarm__Store__SecretKey"] = _store.SecretKey!;
        }

        if (options.Bus == "rabbitmq") settings["RenderFarm__Bus__Connection"] = Broker!.ToString();
        return settings;
    }

    public async ValueTask DisposeAsync()
    {
        await Record.DisposeAsync();
        (Store as IDisposable)?.Dispose();
        if (_s3 is not null) await _s3.DisposeAsync();
        if (_rabbit is not null) await _rabbit.DisposeAsync();
        await _postgres.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
