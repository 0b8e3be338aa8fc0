using System.Net;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator;

public class EventStreamTests : CoordinatorTest
{
    [Fact]
    public async Task Stream_begins_with_a_snapshot_follows_the_job_live_and_ends_with_it()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 2 }, Deadline);
        var (first, second) = ((await worker.NextAsync(Deadline)).Attempt, (await worker.NextAsync(Deadline)).Attempt);
        using var events = await EventReader.OpenAsync(Host.Client, job.Id, null, Deadline);
        Assert.Equal("text/event-stream", events.Answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("no", events.Answer.Headers.GetValues("X-Accel-Buffering").Single());

        var snapshot = (await events.NextAsync(Deadline))!;
        Assert.Equal((null, "job.snapshot"), (snapshot.Id, snapshot.Name));
        Assert.Equal(2, snapshot.Read<JobView>().Tasks.Total);
        var run = new RunId(Guid.NewGuid());
        await worker.ProgressAsync(first, run, 3, 10);
        var progress = (await events.NextAsync(Deadline))!;
        Assert.Equal((null, "task.progress"), (progress.Id, progress.Name));
        Assert.Equal(new TaskProgressEvent(first.Index, 3, 10), progress.Read<TaskProgressEvent>());
        await worker.SucceedAsync(first);
        var completed = (await events.NextAsync(Deadline))!;
        Assert.Equal(("1", "task.completed"), (completed.Id, completed.Name));
        Assert.Equal(first.Index, completed.Read<TaskEndedEvent>().Task.Index);
        await worker.FailAsync(second, new AttemptFailure(FailureCodes.BadRecipe, false, "No."));
        var rest = await events.RestAsync(Deadline);

        Assert.Equal([("2", "task.failed"), ("3", "job.failed")], rest.Select(one => (one.Id!, one.Name)));
        Assert.Equal("failed", rest[^1].Read<JobView>().Status);
    }

    [Fact]
    public async Task Client_that_resumes_gets_every_later_event_once_also_after_a_restart()
    {
        var worker = await StartWithWorkerAsync(shape: one => one.Script = ScriptedWorker.Succeed);
        var job = await Host.SubmitAsync(new { prompt = "x", images = 600 }, Deadline);
        await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);
        await StartAsync(null, worker);

        using var events = await EventReader.OpenAsync(Host.Client, job.Id, "100", Deadline);
        var rest = await events.RestAsync(Deadline);

        Assert.Equal(Enumerable.Range(101, 501).Select(id => $"{id}"), rest.Select(one => one.Id!));
        Assert.Equal(500, rest.Where(one => one.Name == "task.completed").Select(one => one.Read<TaskEndedEvent>().Task.Index).Distinct().Count());
        Assert.Equal("job.completed", rest[^1].Name);
    }

    [Fact]
    public async Task Stream_of_an_ended_job_is_its_snapshot_and_its_end_and_204_for_who_has_seen_the_end()
    {
        await StartWithWorkerAsync(shape: one => one.Script = ScriptedWorker.Succeed);
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);

        using var fresh = await EventReader.OpenAsync(Host.Client, job.Id, null, Deadline);
        var all = await fresh.RestAsync(Deadline);
        using var done = await EventReader.OpenAsync(Host.Client, job.Id, all[^1].Id, Deadline);
        using var bad = await EventReader.OpenAsync(Host.Client, job.Id, "abc", Deadline);

        Assert.Equal(["job.snapshot", "job.completed"], all.Select(one => one.Name));
        Assert.Equal(HttpStatusCode.NoContent, done.Answer.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, bad.Answer.StatusCode);
    }

    [Fact]
    public async Task Canceled_tasks_have_events_of_their_own()
    {
        await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 300 }, Deadline);
        using var events = await EventReader.OpenAsync(Host.Client, job.Id, null, Deadline);
        await events.NextAsync(Deadline);

        await Host.Client.PostAsync($"/v1/jobs/{job.Id}/cancel", null, Deadline);
        var rest = await events.RestAsync(Deadline);

        Assert.Equal(300, rest.Count(one => one.Name == "task.canceled"));
        Assert.Equal(("301", "job.canceled"), (rest[^1].Id, rest[^1].Name));
    }

    [Fact]
    public async Task Silent_stream_is_kept_alive_by_comments_and_ends_when_the_server_stops()
    {
        await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        using var events = await EventReader.OpenAsync(Host.Client, job.Id, null, Deadline);
        await events.NextAsync(Deadline);

        var comment = await PassTimeUntilAsync(events.NextAsync(Deadline), TimeSpan.FromSeconds(5));

        Assert.Equal((":", "keep-alive"), (comment!.Name, comment.Json));
        await StartAsync();
    }
}
