using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using RenderFarm.Cli;
using RenderFarm.Cli.Client;
using RenderFarm.Contracts.Api;
using RenderFarm.Tests.Cli.Testing;
using RenderFarm.Tests.Contracts;
using Xunit;

namespace RenderFarm.Tests.Cli.Client;

public sealed class FarmClientTests : IAsyncLifetime
{
    private readonly SwiftClock clock = new();
    private ScriptedFarm farm = null!;
    private FarmClient client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        farm = await ScriptedFarm.StartAsync();
        client = new FarmClient(ServerConnection.Open(farm.Address), clock);
    }

    public ValueTask DisposeAsync() => farm.DisposeAsync();

    [Fact]
    public async Task Submission_carries_the_request_and_its_key()
    {
        farm.On("POST", "/v1/jobs", ScriptedFarm.Json(Sample.JobView, 202));
        var job = await client.SubmitAsync(new SubmitJob { Prompt = "a" }, "key-1", Cancel);
        Assert.Equal(Sample.Job, job.Id);
        var request = Assert.Single(farm.Arrived);
        Assert.Equal("""{"prompt":"a"}""", request.Body);
        Assert.Equal("key-1", request.Headers["Idempotency-Key"]);
    }

    [Fact]
    public async Task Submission_is_repeated_with_the_same_key_when_the_farm_says_not_now()
    {
        farm.On("POST", "/v1/jobs", ScriptedFarm.Problem(503, ProblemCodes.Unavailable, "Starting."), context =>
        {
            context.Abort();
            return Task.CompletedTask;
        }, ScriptedFarm.Json(Sample.JobView, 202));
        await client.SubmitAsync(new SubmitJob { Prompt = "a" }, "key-1", Cancel);
        Assert.Equal(["key-1", "key-1", "key-1"], farm.Arrived.Select(request => request.Headers["Idempotency-Key"]));
    }

    [Fact]
    public async Task Farm_that_keeps_saying_not_now_is_given_up_with_its_reason()
    {
        farm.On("GET", "/v1/checkpoints", ScriptedFarm.Problem(503, ProblemCodes.Unavailable, "The record is being migrated."));
        var error = await Assert.ThrowsAsync<FarmApiException>(() => client.GetCheckpointsAsync(Cancel));
        Assert.Equal("The record is being migrated.", error.Message);
        Assert.Equal(4, farm.Arrived.Count);
        Assert.Equal(1.4, clock.Passed.TotalSeconds, 3);
    }

    [Fact]
    public async Task Refused_request_is_not_repeated_and_keeps_its_fields()
    {
        farm.On("POST", "/v1/jobs", ScriptedFarm.Problem(400, ProblemCodes.InvalidRequest, "One field.", new FieldError("width", "100", "A multiple of 8.")));
        var error = await Assert.ThrowsAsync<FarmApiException>(() => client.SubmitAsync(new SubmitJob { Prompt = "a" }, "k", Cancel));
        Assert.Equal(ExitCodes.WrongUse, error.ExitCode);
        Assert.Equal("width", Assert.Single(error.Problem.Errors).Field);
        Assert.Single(farm.Arrived);
    }

    [Fact]
    public async Task Lists_are_read_page_by_page_up_to_the_limit()
    {
        var page = Enumerable.Repeat(Sample.JobView, 200).ToArray();
        farm.On("GET", "/v1/jobs", ScriptedFarm.Json(new Page<JobView>(page, "next page")), ScriptedFarm.Json(new Page<JobView>(page, "more")));
        var count = await client.ListJobsAsync("active", 250, Cancel).CountAsync(Cancel);
        Assert.Equal(250, count);
        Assert.Equal(["?limit=200&status=active", "?limit=50&status=active&cursor=next%20page"], farm.Arrived.Select(request => request.Query));
    }

    [Fact]
    public async Task Member_that_a_newer_farm_adds_is_passed_over() =>
        Assert.Empty(await JsonAnswer("""{"items":[],"next_cursor":null,"total":0}"""));

    [Fact]
    public async Task Answer_that_is_no_farms_is_told_apart_from_a_failure()
    {
        var error = await Assert.ThrowsAsync<CommandException>(() => JsonAnswer("<html>Welcome</html>"));
        Assert.Contains("none of a farm's", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Proxy_that_answers_in_the_farms_place_is_quoted_by_status()
    {
        farm.On("GET", "/v1/checkpoints", context =>
        {
            context.Response.StatusCode = 403;
            return Task.CompletedTask;
        });
        var error = await Assert.ThrowsAsync<FarmApiException>(() => client.GetCheckpointsAsync(Cancel));
        Assert.Contains("answered 403", error.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Failed, error.ExitCode);
    }

    [Fact]
    public async Task Address_where_nobody_listens_is_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var nobody = new FarmClient(ServerConnection.Open(new Uri($"http://127.0.0.1:{port}")), clock);
        var error = await Assert.ThrowsAsync<FarmUnreachableException>(() => nobody.GetCheckpointsAsync(Cancel));
        Assert.Contains($"http://127.0.0.1:{port}/", error.Message, StringComparison.Ordinal);
        Assert.Contains("renderfarm serve", error.NextStep, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Path_of_the_server_address_is_kept()
    {
        farm.On("GET", "/farm/v1/checkpoints", ScriptedFarm.Json(new Page<CheckpointView>([], null)));
        var behindProxy = new FarmClient(ServerConnection.Open(new Uri(farm.Address, "farm")), clock);
        Assert.Empty(await behindProxy.GetCheckpointsAsync(Cancel));
    }

    private async Task<IReadOnlyList<CheckpointView>> JsonAnswer(string text)
    {
        farm.On("GET", "/v1/checkpoints", async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(text);
        });
        return await client.GetCheckpointsAsync(Cancel);
    }
}
