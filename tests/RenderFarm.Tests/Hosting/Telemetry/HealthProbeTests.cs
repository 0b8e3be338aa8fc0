using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RenderFarm.Hosting.Telemetry;
using Xunit;

namespace RenderFarm.Tests.Hosting.Telemetry;

public sealed class HealthProbeTests
{
    [Fact]
    public async Task Probe_succeeds_on_an_answer_of_success_and_says_why_it_fails()
    {
        await using var server = await ServeAsync();
        var address = server.Urls.Single();

        Assert.Equal((0, ""), await ProbeAsync("--health", address + "/good"));
        var (code, reason) = await ProbeAsync("--health", address + "/bad");
        Assert.Equal(1, code);
        Assert.Contains("answers 503: the broker is away", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_of_a_closed_port_fails_with_the_address()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var (code, reason) = await ProbeAsync("--health", $"http://127.0.0.1:{port}/");

        Assert.Equal(1, code);
        Assert.Contains($"http://127.0.0.1:{port}/ cannot be reached", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--health")]
    [InlineData("--health", "coordinator")]
    [InlineData("--health", "file:///etc/passwd")]
    [InlineData("--health", "http://127.0.0.1:1/", "more")]
    public async Task Wrong_use_of_the_probe_is_told_with_an_example(params string[] args)
    {
        var (code, reason) = await ProbeAsync(args);

        Assert.Equal(2, code);
        Assert.Contains("for example --health http://", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_first_argument_asks_for_a_probe()
    {
        Assert.True(HealthProbe.IsAsked(["--health", "http://127.0.0.1/"]));
        Assert.False(HealthProbe.IsAsked([]));
        Assert.False(HealthProbe.IsAsked(["--urls", "--health"]));
    }

    private static async Task<(int Code, string Reason)> ProbeAsync(params string[] args)
    {
        using var error = new StringWriter();
        var code = await HealthProbe.RunAsync(args, error, TimeProvider.System);
        return (code, error.ToString());
    }

    private static async Task<WebApplication> ServeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        application.MapGet("/good", () => "yes");
        application.MapGet("/bad", () => Results.Text("the broker is away", statusCode: 503));
        await application.StartAsync(TestContext.Current.CancellationToken);
        return application;
    }
}
