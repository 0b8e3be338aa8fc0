using System.Net.Sockets;
using RenderFarm.Testing.Services;
using Xunit;

namespace RenderFarm.IntegrationTests.Services;

/// <summary>The servers that other tests stand on come up, are told apart, and leave nothing behind.</summary>
public sealed class ServicesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_virtual_host_is_a_world_of_its_own_and_goes_with_its_class()
    {
        await using var one = await RabbitMqService.NewVirtualHostAsync();
        await using var other = await RabbitMqService.NewVirtualHostAsync();
        Assert.NotEqual(one.Address, other.Address);
        Assert.Empty(await one.QueuesAsync());
    }

    [Fact]
    public async Task Each_database_is_new()
    {
        var one = await PostgresService.NewDatabaseAsync();
        Assert.NotEqual(one, await PostgresService.NewDatabaseAsync());
        Assert.Contains("Database=test_", one, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Object_store_answers()
    {
        var s3 = await S3Service.SharedAsync();
        using var client = new HttpClient();
        using var answer = await client.GetAsync(s3.Endpoint, Cancellation);
        Assert.True(answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Killed_server_starts_again_on_its_port_and_is_gone_with_its_owner()
    {
        int port;
        string? folder;
        await using (var postgres = await PostgresService.StartAsync(durable: true))
        {
            (port, folder) = (postgres.Port, postgres.Folder);
            await postgres.KillAsync();
            await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(port));
            await postgres.StartAgainAsync();
            await ConnectAsync(port);
        }

        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(port));
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void Missing_server_skips_with_its_reason_and_fails_in_continuous_integration()
    {
        var before = Environment.GetEnvironmentVariable("CI");
        try
        {
            Environment.SetEnvironmentVariable("CI", null);
            Assert.StartsWith("$XunitDynamicSkip$", new ServiceUnavailableException("broker", "not installed").Message, StringComparison.Ordinal);
            Environment.SetEnvironmentVariable("CI", "true");
            Assert.Equal("broker is not to be had here: not installed", new ServiceUnavailableException("broker", "not installed").Message);
        }
        finally
        {
            Environment.SetEnvironmentVariable("CI", before);
        }
    }

    private static async Task ConnectAsync(int port)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync("127.0.0.1", port, Cancellation);
    }
}
