using RenderFarm.Cli.Client;
using RenderFarm.Contracts.Api;
using RenderFarm.Tests.Cli.Testing;
using RenderFarm.Tests.Contracts;
using Xunit;

namespace RenderFarm.Tests.Cli.Client;

public sealed class JobWatchTests : IAsyncLifetime
{
    private static readonly string Events = SampleJob.Path + "/events";
    private readonly SampleJob job = new(images: 3);
    private readonly SwiftClock clock = new();
    private readonly TaskCompletionSource heard = new();
    private ScriptedFarm farm = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Snapshot => ScriptedFarm.Event(JobEventNames.Snapshot, job.Queued);

    private string End => ScriptedFarm.Event(JobEventNames.JobCompleted, job.Completed, "4");

    public async ValueTask InitializeAsync() => farm = job.Script(await ScriptedFarm.StartAsync());

    public ValueTask DisposeAsync() => farm.DisposeAsync();

    [Fact]
    public async Task Events_come_in_order_and_end_with_the_job()
    {
        var seen = await WatchAsync();
        Assert.Collection(
            seen,
            first => Assert.Equal("queued", Assert.IsType<JobSeen>(first).Job.Status),
            second => Assert.Equal(0, Assert.IsType<TaskEnded>(second).End.Task.Index),
            third => Assert.Equal(1, Assert.IsType<TaskEnded>(third).End.Task.Index),
            fourth => Assert.Equal(2, Assert.IsType<TaskEnded>(fourth).End.Task.Index),
            last => Assert.Equal("completed", Assert.IsType<JobEnded>(last).Job.Status));
    }

    [Fact]
    public async Task Broken_stream_is_taken_up_after_the_last_durable_event()
    {
        var progress = ScriptedFarm.Event(JobEventNames.TaskProgress, new TaskProgressEvent(1, 5, 25));
        farm.On(
            "GET", Events,
            ScriptedFarm.EventsThenBreak(heard.Task, Snapshot, job.DoneEvent(0), progress),
            ScriptedFarm.Events(job.DoneEvent(1)),
            ScriptedFarm.Events(job.DoneEvent(2), End));
        var seen = await WatchAsync();
        Assert.Equal([0, 1, 2], seen.OfType<TaskEnded>().Select(ended => ended.End.Task.Index));
        Assert.IsType<JobEnded>(seen[^1]);
        Assert.Equal(["", "1", "2"], farm.Of("GET", Events).Select(request => request.Headers.GetValueOrDefault("Last-Event-ID", "")));
    }

    [Fact]
    public async Task Server_that_restarts_is_waited_for()
    {
        var restarting = ScriptedFarm.Problem(503, ProblemCodes.Unavailable, "Starting.");
        farm.On("GET", Events, ScriptedFarm.Events(Snapshot, job.DoneEvent(0)), restarting, restarting, restarting, ScriptedFarm.Events(job.DoneEvent(1), End));
        Assert.IsType<JobEnded>((await WatchAsync())[^1]);
        Assert.Equal(5, farm.Of("GET", Events).Count);
    }

    [Fact]
    public async Task Server_that_stays_away_is_given_up_after_two_minutes()
    {
        farm.On("GET", Events, ScriptedFarm.Events(Snapshot, job.DoneEvent(0)), ScriptedFarm.Problem(503, ProblemCodes.Unavailable, "Starting."));
        await Assert.ThrowsAsync<FarmApiException>(WatchAsync);
        Assert.InRange(clock.Passed, JobWatch.Patience, JobWatch.Patience + TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Job_that_ended_without_a_word_is_asked_about()
    {
        farm.On("GET", Events, ScriptedFarm.Events(ScriptedFarm.Event(JobEventNames.Snapshot, job.Completed)));
        Assert.IsType<JobEnded>((await WatchAsync())[^1]);
    }

    [Fact]
    public async Task Unknown_event_is_passed_over()
    {
        farm.On("GET", Events, ScriptedFarm.Events("event: job.praised\ndata: {}\n\n", End));
        Assert.IsType<JobEnded>(Assert.Single(await WatchAsync()));
    }

    [Fact]
    public async Task Unknown_job_ends_the_watch_at_once()
    {
        farm.On("GET", Events, ScriptedFarm.Problem(404, ProblemCodes.NotFound, "There is no such job."));
        Assert.Equal("There is no such job.", (await Assert.ThrowsAsync<FarmApiException>(WatchAsync)).Message);
    }

    private async Task<List<JobEvent>> WatchAsync()
    {
        var client = new FarmClient(ServerConnection.Open(farm.Address), clock);
        var seen = new List<JobEvent>();
        await foreach (var happened in new JobWatch(client, clock).ReadAsync(Sample.Job, Cancel))
        {
            seen.Add(happened);
            if (happened is StepsDone) heard.TrySetResult();
        }

        return seen;
    }
}
