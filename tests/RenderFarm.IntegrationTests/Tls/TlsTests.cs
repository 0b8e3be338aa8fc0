using System.Security.Cryptography;
using Npgsql;
using RenderFarm.Contracts.Api;
using RenderFarm.IntegrationTests.Services;
using RenderFarm.Testing;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Testing.Farm;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Tls;

/// <summary>The programs as they are shipped, with TLS to broker, database and store by configuration alone.</summary>
public sealed class TlsTests(TlsServers servers) : IClassFixture<TlsServers>
{
    private readonly TlsServers _servers = servers.Required();
    private readonly string _bucket = S3Service.NewBucketName();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Farm_renders_over_TLS_on_all_three_with_an_authority_of_its_own()
    {
        const int images = 8;
        await using var coordinator = await FarmMember.StartAsync(
            "Coordinator", [.. Settings(), ("Record:Connection", await _servers.RecordAsync(SslMode.VerifyFull, _servers.Authority.File))], Cancellation, Trusting(_servers.Authority.File));
        await using var worker = await FarmMember.StartAsync("Worker", [.. Settings(), .. Worker], Cancellation, Trusting(_servers.Authority.File));
        await ReadyAsync(coordinator);
        await ReadyAsync(worker);

        var job = await coordinator.Client.SubmitAsync(new SubmitJob { Prompt = "nothing at all", Images = images, Seed = 7, Determinism = "fast" }, Cancellation);
        Assert.Equal("completed", (await coordinator.Client.EndAsync(job.Id, Cancellation)).Status);
        var tasks = await coordinator.Client.TasksAsync(job.Id, Cancellation);
        Assert.Equal(images, tasks.Count);
        foreach (var task in tasks)
            Assert.Equal(task.Sha256, Convert.ToHexStringLower(SHA256.HashData(await coordinator.Client.GetByteArrayAsync(task.ImageUrl, Cancellation))));
    }

    [Fact]
    public async Task Authorities_of_the_systems_folder_stay_trusted_beside_SSL_CERT_FILE_also_for_the_record()
    {
        using var other = new PrivateAuthority("Another");
        using var folder = new TemporaryFolder();
        File.Copy(_servers.Authority.File, Path.Combine(folder.Path, "first.pem"));
        var environment = new Dictionary<string, string> { ["SSL_CERT_FILE"] = other.File, ["SSL_CERT_DIR"] = folder.Path };
        await using var front = new CertificateFront(other.Issue(["localhost"]).Certificate);
        // A store that hangs up is away, one that is not trusted ends the program.
        await using var coordinator = await FarmMember.StartAsync(
            "Coordinator", [.. Settings(store: $"https://localhost:{front.Port}"), ("Record:Connection", await _servers.RecordAsync(SslMode.VerifyFull))], Cancellation, environment);
        Assert.True(front.Shown > 0);
    }

    [Theory]
    [InlineData("Bus", "unknown")]
    [InlineData("Bus", "named otherwise")]
    [InlineData("Bus", "expired")]
    [InlineData("Store", "unknown")]
    [InlineData("Store", "named otherwise")]
    [InlineData("Store", "expired")]
    [InlineData("Record", "unknown")]
    [InlineData("Record", "named otherwise")]
    [InlineData("Record", "expired")]
    public async Task Certificate_that_cannot_be_trusted_ends_the_program_with_one_sentence(string server, string fault)
    {
        using var stranger = new PrivateAuthority("Stranger");
        var certificate = fault switch
        {
            "unknown" => stranger.Issue(["localhost"]),
            "expired" => _servers.Authority.Issue(["localhost"], days: -20),
            _ => _servers.Authority.Issue(["other.example.org"]),
        };
        var isRecord = server == "Record";
        await using var front = new CertificateFront(certificate.Certificate, isAsked: isRecord);
        var place = $"localhost:{front.Port}";
        // For the record the authority of Root Certificate counts alone, whomever the others trust.
        var result = await RunAsync(
            server == "Bus" ? $"amqps://user:secret@{place}/farm" : _servers.Bus(!isRecord, !isRecord),
            server == "Store" ? $"https://{place}" : _servers.Store(!isRecord, !isRecord),
            isRecord ? $"Host=localhost;Port={front.Port};Username=farm;Database=farm;SSL Mode=VerifyFull;Root Certificate={_servers.Authority.File}" : await _servers.RecordAsync(SslMode.VerifyFull),
            isRecord ? stranger.File : _servers.Authority.File);

        var subject = server switch { "Bus" => $"The broker at {place} (farm)", "Store" => $"The object store at {place}", _ => $"The record at {place}/farm" };
        var trust = isRecord ? $"have the authority's certificate in {_servers.Authority.File}, which RenderFarm:Record:Connection names as Root Certificate"
            : $"add the authority's certificate to the PEM file {_servers.Authority.File} that SSL_CERT_FILE names";
        var reason = fault switch
        {
            "unknown" => $"its certificate was signed by \"CN=Stranger\", an authority that is not known here; {trust}.",
            "expired" => $"its certificate expired at {certificate.Certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC; renew it.",
            _ => "its certificate is for other.example.org and not for localhost; use a name that it is for, or give the server one for localhost.",
        };
        Assert.Equal($"error: {subject} is not trusted: {reason}", result.Error.Trim());
        Assert.Equal(78, result.ExitCode);
    }

    [Theory]
    [InlineData("Bus", true, "The broker at localhost:{0} does not speak TLS, which RenderFarm:Bus:Connection asks for: name its port for TLS (usually 5671), or begin with amqp:// where nobody can listen in.")]
    [InlineData("Bus", false, "The broker at localhost:{0} speaks TLS, and RenderFarm:Bus:Connection asks for none: begin it with amqps:// in place of amqp://.")]
    [InlineData("Store", true, "The object store at localhost:{0} does not speak TLS, which RenderFarm:Store:Endpoint asks for: name its port for TLS, or begin with http:// where nobody can listen in.")]
    [InlineData("Store", false, "The object store at localhost:{0} speaks TLS, and RenderFarm:Store:Endpoint asks for none: begin it with https:// in place of http://.")]
    [InlineData("Record", true, "The record at {0} does not speak TLS, which RenderFarm:Record:Connection asks for with SSL Mode=VerifyFull: switch it on at the server (ssl = on), or say SSL Mode=Disable where nobody can listen in.")]
    [InlineData("Record", false, "The record at {0} does not let this user in without TLS (no pg_hba.conf entry for host \"127.0.0.1\", user \"renderfarm\", database \"{1}\", no encryption): say SSL Mode=VerifyFull in RenderFarm:Record:Connection.")]
    public async Task Server_and_setting_that_differ_on_TLS_end_the_program_with_one_sentence(string server, bool settingSaysTls, string sentence)
    {
        var bus = server == "Bus" ? _servers.Bus(settingSaysTls, !settingSaysTls) : _servers.Bus();
        var store = server == "Store" ? _servers.Store(settingSaysTls, !settingSaysTls) : _servers.Store();
        var record = new NpgsqlConnectionStringBuilder(
            server != "Record" ? await _servers.RecordAsync(SslMode.VerifyFull) : settingSaysTls ? await PostgresService.NewDatabaseAsync() : await _servers.RecordAsync(SslMode.Disable));
        if (server == "Record" && settingSaysTls) record.SslMode = SslMode.VerifyFull;

        var result = await RunAsync(bus, store, record.ConnectionString);

        object place = server switch { "Bus" => $"{new Uri(bus).Port} ({new Uri(bus).AbsolutePath[1..]})", "Store" => new Uri(store).Port, _ => $"{record.Host}:{record.Port}/{record.Database}" };
        Assert.Equal("error: " + string.Format(System.Globalization.CultureInfo.InvariantCulture, sentence, place, record.Database), result.Error.Trim());
        Assert.Equal(78, result.ExitCode);
    }

    [Fact]
    public async Task Authority_whose_file_is_not_there_ends_the_program_with_its_name()
    {
        var result = await RunAsync(_servers.Bus(), _servers.Store(), await _servers.RecordAsync(SslMode.VerifyFull, "/nowhere/authority.pem"));
        Assert.StartsWith("error: RenderFarm:Record:Connection names '/nowhere/authority.pem' as Root Certificate, which cannot be read (", result.Error, StringComparison.Ordinal);
        Assert.Equal(78, result.ExitCode);

        result = await FarmMember.RunAsync("Worker", [.. Settings(), .. Worker], Cancellation, Trusting("/nowhere/authority.pem"));
        Assert.Contains("an authority that is not known here; SSL_CERT_FILE names /nowhere/authority.pem, where no file is.", result.Error, StringComparison.Ordinal);
        Assert.Equal(78, result.ExitCode);
    }

    [Fact]
    public async Task Broker_that_comes_later_with_a_certificate_that_cannot_be_trusted_is_named_by_readiness()
    {
        int port;
        await using (var free = new CertificateFront(_servers.Authority.Issue(["localhost"]).Certificate)) port = free.Port;
        await using var bench = await BusBench.StartAsync(new Uri($"amqps://localhost:{port}/farm"));
        Assert.StartsWith("The bus cannot be reached", await bench.WhatIsAwayAsync(), StringComparison.Ordinal);

        await using var front = new CertificateFront(_servers.Authority.Issue(["localhost"]).Certificate, port: port);

        Assert.StartsWith(
            $"The broker at localhost:{port} (farm) is not trusted: its certificate was signed by \"CN=RenderFarm test authority\", an authority that is not known here; ",
            await bench.WhatIsAwayAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readiness_names_the_queues_of_a_broker_over_TLS_that_gives_no_answer()
    {
        await using var proxy = new FaultProxy(new Uri(_servers.Bus()));
        proxy.Forget(answers: 0);
        await using var bench = await BusBench.StartAsync(new Uri($"amqps://localhost:{proxy.Port}/farm"));
        Assert.Equal($"The bus cannot be reached; not read: {BusBench.Lasting}, {BusBench.Owned}.", Assert.Single(await bench.ProbeAsync()));
    }

    private static (string, string)[] Worker =>
    [
        ("Worker:Name", "one"), ("Worker:Checkpoints:0", Repository.DemoCheckpoint), ("Worker:Device", "cpu"),
        ("Worker:Renderer", "null"), ("Worker:NullImageBytes", "20000"), ("Worker:NullImageTime", "00:00:00.02"),
    ];

    private static Dictionary<string, string> Trusting(string authority) => new() { ["SSL_CERT_FILE"] = authority };

    private (string, string)[] Settings(string? bus = null, string? store = null) =>
    [
        ("Bus:Connection", bus ?? _servers.Bus()), ("Store:Endpoint", store ?? _servers.Store()), ("Store:Bucket", _bucket),
        ("Store:AccessKey", _servers.Keys.Access), ("Store:SecretKey", _servers.Keys.Secret),
    ];

    private Task<ProgramResult> RunAsync(string bus, string store, string record, string? authority = null) =>
        FarmMember.RunAsync("Coordinator", [.. Settings(bus, store), ("Record:Connection", record)], Cancellation, Trusting(authority ?? _servers.Authority.File));

    private static async Task ReadyAsync(FarmMember member)
    {
        while (true)
        {
            using var answer = await member.Client.GetAsync("/health/ready", Cancellation);
            if (answer.IsSuccessStatusCode) return;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }
    }
}
