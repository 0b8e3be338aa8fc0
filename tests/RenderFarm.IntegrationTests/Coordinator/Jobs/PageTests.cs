using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Jobs;

public sealed class PageTests : CoordinatorTest
{
    [Fact]
    public async Task Jobs_are_listed_newest_first_page_by_page_and_by_status()
    {
        await StartWithWorkerAsync();
        var jobs = new List<JobId>();
        for (var i = 0; i < 7; i++)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(5));
            jobs.Add((await Host.SubmitAsync(new { prompt = "x", label = $"{i}" }, Deadline)).Id);
        }

        await Host.Client.PostAsync($"/v1/jobs/{jobs[2]}/cancel", null, Deadline);
        var pages = new List<JobId>();
        string? cursor = null;
        do
        {
            var page = await Host.GetAsync<Page<JobView>>($"/v1/jobs?limit=3{(cursor is null ? "" : $"&cursor={cursor}")}", Deadline);
            Assert.InRange(page.Items.Count, 1, 3);
            pages.AddRange(page.Items.Select(job => job.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Reverse(jobs), pages);
        Assert.Equal(jobs[2], Assert.Single((await Host.GetAsync<Page<JobView>>("/v1/jobs?status=canceled", Deadline)).Items).Id);
    }

    [Fact]
    public async Task Tasks_are_listed_by_index_page_by_page_and_by_status()
    {
        await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", images = 120 }, Deadline);

        var first = await Host.GetAsync<Page<TaskView>>($"/v1/jobs/{job.Id}/tasks", Deadline);
        var second = await Host.GetAsync<Page<TaskView>>($"/v1/jobs/{job.Id}/tasks?limit=200&cursor={first.NextCursor}", Deadline);

        Assert.Equal(Enumerable.Range(0, 50), first.Items.Select(task => task.Index));
        Assert.Equal(Enumerable.Range(50, 70), second.Items.Select(task => task.Index));
        Assert.Null(second.NextCursor);
        Assert.Empty((await Host.GetAsync<Page<TaskView>>($"/v1/jobs/{job.Id}/tasks?status=failed", Deadline)).Items);
    }

    [Theory]
    [InlineData("/v1/jobs?limit=0", "limit", "1…200.")]
    [InlineData("/v1/jobs?limit=201", "limit", "1…200.")]
    [InlineData("/v1/jobs?status=done", "status", "One of queued, active, completed, failed, canceled.")]
    [InlineData("/v1/jobs?cursor=x", "cursor", "The next_cursor of a page of this list.")]
    public async Task Bad_query_is_answered_with_the_field(string path, string field, string allowed)
    {
        await StartWithWorkerAsync();

        using var answer = await Host.Client.GetAsync(path, Deadline);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var error = Assert.Single((await answer.Content.ReadFromJsonAsync<Problem>(FarmJson.Options, Deadline))!.Errors);
        Assert.Equal((field, allowed), (error.Field, error.Detail));
    }

    [Theory]
    [InlineData("GET", "/v1/nowhere", 404, "not_found")]
    [InlineData("GET", "/v1/jobs/not-an-id", 404, "not_found")]
    [InlineData("GET", "/v1/jobs/01990000-0000-7000-8000-000000000000", 404, "not_found")]
    [InlineData("GET", "/v1/jobs/01990000-0000-7000-8000-000000000000/tasks", 404, "not_found")]
    [InlineData("GET", "/v1/jobs/01990000-0000-7000-8000-000000000000/events", 404, "not_found")]
    [InlineData("POST", "/v1/jobs/01990000-0000-7000-8000-000000000000/cancel", 404, "not_found")]
    [InlineData("POST", "/v1/jobs/01990000-0000-7000-8000-000000000000/retry", 404, "not_found")]
    [InlineData("DELETE", "/v1/jobs", 405, "method_not_allowed")]
    [InlineData("POST", "/v1/jobs", 415, "unsupported_media_type")]
    public async Task Every_refusal_is_a_problem_with_a_code(string method, string path, int status, string code)
    {
        await StartWithWorkerAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var answer = await Host.Client.SendAsync(request, Deadline);

        Assert.Equal((status, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        var problem = (await answer.Content.ReadFromJsonAsync<Problem>(FarmJson.Options, Deadline))!;
        Assert.Equal((code, status), (problem.Code, problem.Status));
    }

    [Fact]
    public async Task Body_beyond_the_limit_is_refused()
    {
        await StartWithWorkerAsync();
        using var body = new ByteArrayContent(new byte[RenderLimits.MaxRequestBytes + 1]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs") { Content = body };
        // The client asks first: a refusal in the middle of the body may reach it as a broken connection.
        request.Headers.ExpectContinue = true;

        using var answer = await Host.Client.SendAsync(request, Deadline);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("too_large", (await answer.Content.ReadFromJsonAsync<Problem>(FarmJson.Options, Deadline))!.Code);
    }

    [Fact]
    public async Task Jobs_of_other_tenants_do_not_exist()
    {
        await StartWithWorkerAsync(configure: options => options.TenantHeader = "X-Tenant");
        var job = await Host.SubmitAsync(new { prompt = "x" }, Deadline);
        Host.Client.DefaultRequestHeaders.Add("X-Tenant", "other");

        using var answer = await Host.Client.GetAsync($"/v1/jobs/{job.Id}", Deadline);
        using var cancel = await Host.Client.PostAsync($"/v1/jobs/{job.Id}/cancel", null, Deadline);

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (answer.StatusCode, cancel.StatusCode));
        Assert.Empty((await Host.GetAsync<Page<JobView>>("/v1/jobs", Deadline)).Items);
    }

    [Fact]
    public async Task Image_has_the_headers_of_something_that_never_changes()
    {
        var worker = await StartWithWorkerAsync();
        var job = await Host.SubmitAsync(new { prompt = "x", format = "jpeg" }, Deadline);
        var attempt = (await worker.NextAsync(Deadline)).Attempt;
        using var early = await Host.Client.GetAsync($"/v1/jobs/{job.Id}/images/0", Deadline);
        Assert.Equal((HttpStatusCode.Conflict, 2.0), (early.StatusCode, early.Headers.RetryAfter!.Delta!.Value.TotalSeconds));
        var image = await worker.SucceedAsync(attempt, format: ImageFormats.Jpeg);
        await Host.UntilAsync(job.Id, view => view.Status == "completed", Deadline);

        using var answer = await Host.Client.GetAsync($"/v1/jobs/{job.Id}/images/0", Deadline);
        using var head = await Host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/v1/jobs/{job.Id}/images/0"), Deadline);
        using var again = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{job.Id}/images/0");
        again.Headers.IfNoneMatch.Add(answer.Headers.ETag!);
        using var unchanged = await Host.Client.SendAsync(again, Deadline);
        using var none = await Host.Client.GetAsync($"/v1/jobs/{job.Id}/images/1", Deadline);

        Assert.Equal($"\"{image.Sha256}\"", answer.Headers.ETag!.Tag);
        Assert.Equal("image/jpeg", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal($"inline; filename=\"{job.Id}-000000.jpg\"", answer.Content.Headers.ContentDisposition!.ToString());
        Assert.Equal(image.SizeBytes, answer.Content.Headers.ContentLength);
        Assert.Contains("immutable", answer.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, image.SizeBytes), (head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task Readiness_says_what_is_missing_and_workers_and_checkpoints_are_shown()
    {
        var worker = new ScriptedWorker("alpha", "cpu", Store) { Speed = 1_000 };
        await StartAsync(null, worker);
        using var early = await Host.Client.GetAsync("/health/ready", Deadline);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
        Assert.Equal("No worker is active.", (await early.Content.ReadFromJsonAsync<Problem>(FarmJson.Options, Deadline))!.Detail);

        await AnnounceAsync(worker);

        Assert.Equal(HttpStatusCode.OK, (await Host.Client.GetAsync("/health/ready", Deadline)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Host.Client.GetAsync("/health/live", Deadline)).StatusCode);
        var shown = Assert.Single((await Host.GetAsync<Page<WorkerView>>("/v1/workers", Deadline)).Items);
        Assert.Equal(new DeviceView("cpu", 4, 0, worker.Profile, 1_000), Assert.Single(shown.Devices));
        var checkpoint = Assert.Single((await Host.GetAsync<Page<CheckpointView>>("/v1/checkpoints", Deadline)).Items);
        Assert.Equal(("demo", true, 1), (checkpoint.Name, checkpoint.IsDefault, checkpoint.Workers));
    }
}
