using System.Net;
using System.Net.Http.Json;
using RenderFarm.Contracts.Api;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Jobs;

public class WholeJobTests : CoordinatorTest
{
    [Fact]
    public async Task A_job_of_a_sweep_ends_with_every_image_exactly_once()
    {
        await StartWithWorkerAsync(worker => worker.Script = ScriptedWorker.Succeed);

        var job = await Host.SubmitAsync(new { prompt = new[] { "a cat", "a dog" }, images = 5, seed = 7, guidance_scale = new[] { 1.0, 3.0 } }, Deadline);
        Assert.Equal("queued", job.Status);
        Assert.Equal(20, job.Tasks.Total);
        var ended = await Host.UntilAsync(job.Id, view => view.EndedAt is not null, Deadline);

        Assert.Equal("completed", ended.Status);
        Assert.Equal(new TaskCounts(20, 0, 0, 0, 20, 0, 0), ended.Tasks);
        var tasks = await Host.GetAsync<Page<TaskView>>($"/v1/jobs/{job.Id}/tasks", Deadline);
        Assert.Equal(Enumerable.Range(0, 20), tasks.Items.Select(task => task.Index));
        Assert.All(tasks.Items, task => Assert.Equal(1, task.Attempts));
        Assert.Equal(("a dog", 3.0, 11u), (tasks.Items[19].Recipe.Prompt, tasks.Items[19].Recipe.GuidanceScale, tasks.Items[19].Recipe.Seed));
        var image = await Host.Client.GetByteArrayAsync(tasks.Items[13].ImageUrl, Deadline);
        Assert.Equal($"image 13 of {job.Id}", System.Text.Encoding.UTF8.GetString(image));
    }

    [Fact]
    public async Task Image_that_a_safety_checker_flags_is_served_as_it_is_with_flag_and_score()
    {
        await StartWithWorkerAsync(worker => (worker.Script, worker.Verdict) = (ScriptedWorker.Succeed, (true, 0.25)));

        var job = await Host.SubmitAsync(new { prompt = "a cat" }, Deadline);
        await Host.UntilAsync(job.Id, view => view.Status == "completed", Deadline);

        var task = (await TasksAsync(job)).Single();
        Assert.Equal((true, 0.25), (task.SafetyFlag, task.SafetyScore));
        Assert.Equal($"image 0 of {job.Id}", await Host.Client.GetStringAsync(task.ImageUrl, Deadline));
    }

    [Fact]
    public async Task A_job_submitted_before_any_checkpoint_is_known_is_refused_with_the_next_step()
    {
        await StartAsync();

        using var answer = await Host.Client.PostAsJsonAsync("/v1/jobs", new { prompt = "x" }, Deadline);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        var problem = (await answer.Content.ReadFromJsonAsync<Problem>(FarmJson.Options, Deadline))!;
        Assert.Equal("unavailable", problem.Code);
        Assert.Contains("Start a worker", problem.Detail, StringComparison.Ordinal);
    }
}
