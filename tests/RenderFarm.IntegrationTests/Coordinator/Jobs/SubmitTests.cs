using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Testing.Coordinator;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Jobs;

public class SubmitTests : CoordinatorTest
{
    [Theory]
    [InlineData("""{"prompt":[]}""", "prompt", "0 prompts", "1…1,000 prompts.")]
    [InlineData("""{}""", "prompt", null, "Required.")]
    [InlineData("""{"prompt":null}""", "prompt", null, "Required.")]
    [InlineData("""{"prompt":7}""", "prompt", "7", "Must be a text without unpaired surrogates, or a list of them.")]
    [InlineData("""{"prompt":["a",null]}""", "prompt", "[\"a\",null]", "Must be a text without unpaired surrogates, or a list of them.")]
    [InlineData("""{"prompt":"\ud800"}""", "prompt", "\"\\ud800\"", "Must be a text without unpaired surrogates, or a list of them.")]
    [InlineData("""{"prompt":"a\u0000b"}""", "prompt", "a\0b", "Holds U+0000 at index 1; a text may hold any other character.")]
    [InlineData("""{"prompt":["x","\u0000"]}""", "prompt[1]", "\0", "Holds U+0000 at index 0; a text may hold any other character.")]
    [InlineData("""{"prompt":"x","negative_prompt":"ab\u0000"}""", "negative_prompt", "ab\0", "Holds U+0000 at index 2; a text may hold any other character.")]
    [InlineData("""{"prompt":"x","label":"\u0000"}""", "label", "\0", "Holds U+0000 at index 0; a text may hold any other character.")]
    [InlineData("""{"prompt":"x","model":"de\u0000mo"}""", "model", "de\0mo", "One of demo, or the digest of one of them.")]
    [InlineData("""{"prompt":"x","width":250}""", "width", "250", "16…2,048 pixels and a multiple of 8.")]
    [InlineData("""{"prompt":"x","height":8}""", "height", "8", "16…2,048 pixels and a multiple of 8.")]
    [InlineData("""{"prompt":"x","height":2056}""", "height", "2056", "16…2,048 pixels and a multiple of 8.")]
    [InlineData("""{"prompt":"x","steps":0}""", "steps", "0", "1…1,000.")]
    [InlineData("""{"prompt":"x","steps":[20,1001]}""", "steps[1]", "1001", "1…1,000.")]
    [InlineData("""{"prompt":"x","sampler":["euler","lcm"],"steps":51}""", "steps", "51", "1…50 with the sampler lcm.")]
    [InlineData("""{"prompt":"x","sampler":"pndm","steps":3}""", "steps", "3", "4…1,000 with the sampler pndm.")]
    [InlineData("""{"prompt":"x","steps":[]}""", "steps", "0 values", "1…1,000 values.")]
    [InlineData("""{"prompt":"x","steps":[1,"b"]}""", "steps[1]", "[1,\"b\"]", "Must be a whole number, or a list of them.")]
    [InlineData("""{"prompt":"x","steps":1.5}""", "steps", "1.5", "Must be a whole number, or a list of them.")]
    [InlineData("""{"prompt":"x","sampler":"magic"}""", "sampler", "magic", "One of plms, ddim, ddpm, lcm, pndm, euler, euler_a, heun, dpm2, dpm2_a, dpmpp_2s_a, dpmpp_sde, lms, dpmpp_2m, dpmpp_2m_sde, dpmpp_3m, dpmsolver_2, dpmpp_2s, unipc, deis, or a name that A1111 or AI Horde uses for one of them.")]
    [InlineData("""{"prompt":"x","guidance_scale":50.1}""", "guidance_scale", "50.1", "0…50.")]
    [InlineData("""{"prompt":"x","guidance_scale":1e999}""", "guidance_scale", "1e999", "Must be a number, or a list of them.")]
    [InlineData("""{"prompt":"x","guidance_scale":NaN}""", null, null, "not well-formed JSON")]
    [InlineData("""{"prompt":"x","guidance_scale":"NaN"}""", "guidance_scale", "\"NaN\"", "Must be a number, or a list of them.")]
    [InlineData("""{"prompt":"x","seed":-1}""", "seed", "-1", "0…4,294,967,295.")]
    [InlineData("""{"prompt":"x","seed":4294967296}""", "seed", "4294967296", "0…4,294,967,295.")]
    [InlineData("""{"prompt":"x","seed":4294967295,"images":2}""", "seed", "4294967295", "0…4,294,967,295, also with image 1 added to it.")]
    [InlineData("""{"prompt":"x","prompt_syntax":"comfy"}""", "prompt_syntax", "comfy", "One of a1111, plain.")]
    [InlineData("""{"prompt":"x","clip_skip":13}""", "clip_skip", "13", "1…12.")]
    [InlineData("""{"prompt":"x","variation_strength":1.5}""", "variation_strength", "1.5", "0…1.")]
    [InlineData("""{"prompt":"x","variation_seed":3}""", "variation_seed", "3", "Only together with a variation_strength above 0; without one it would change nothing.")]
    [InlineData("""{"prompt":"x","variation_seed":4294967295,"variation_strength":0.1,"images":2}""", "variation_seed", "4294967295", "0…4,294,967,295, also with image 1 added to it.")]
    [InlineData("""{"prompt":"x","guidance_rescale":-0.1}""", "guidance_rescale", "-0.1", "0…1.")]
    [InlineData("""{"prompt":"x","guidance_start":2}""", "guidance_start", "2", "0…1.")]
    [InlineData("""{"prompt":"x","guidance_start":0.5,"guidance_end":0.25}""", "guidance_end", "0.25", "At least guidance_start, which is 0.5.")]
    [InlineData("""{"prompt":"x","eta":0.5,"sampler":"euler"}""", "eta", "0.5", "Only the sampler ddim has an eta; this job also uses euler.")]
    [InlineData("""{"prompt":"x","eta":2,"sampler":"ddim"}""", "eta", "2", "0…1.")]
    [InlineData("""{"prompt":"x","sampler":"ddim","noise_schedule":"karras"}""", "sampler", "ddim", "ddim has no karras schedule. Those with one are euler, euler_a, heun, dpm2, ")]
    [InlineData("""{"prompt":"x","sampler":["euler","plms karras"]}""", "sampler[1]", "plms karras", "plms has no karras schedule. Those with one are euler, euler_a, heun, dpm2, ")]
    [InlineData("""{"prompt":"x","sampler":"k_dpm_fast"}""", "sampler", "k_dpm_fast", "Near it are dpmsolver_2 and dpmpp_2m. One of plms, ddim, ")]
    [InlineData("""{"prompt":"x","sampler":"Euler Karras","noise_schedule":"uniform"}""", "sampler", "Euler Karras", "The name says karras and noise_schedule says uniform. Give one of them.")]
    [InlineData("""{"prompt":"x","noise_schedule":"cosine"}""", "noise_schedule", "cosine", "One of uniform, karras, exponential.")]
    [InlineData("""{"prompt":"x","timestep_spacing":"even"}""", "timestep_spacing", "even", "One of leading, trailing, linspace.")]
    [InlineData("""{"prompt":"x","noise_source":"numpy"}""", "noise_source", "numpy", "One of torch_cpu, torch_cuda.")]
    [InlineData("""{"prompt":"x","determinism":"loose"}""", "determinism", "loose", "One of reproducible, fast.")]
    [InlineData("""{"prompt":"x","model":"sdxl"}""", "model", "sdxl", "One of demo, or the digest of one of them.")]
    [InlineData("""{"prompt":"x","format":"gif"}""", "format", "gif", "One of png, jpeg, webp.")]
    [InlineData("""{"prompt":"x","quality":80}""", "quality", "80", "Not allowed with png, which keeps every pixel. Leave it out, or set format to jpeg or webp.")]
    [InlineData("""{"prompt":"x","format":"jpeg","quality":101}""", "quality", "101", "1…100.")]
    [InlineData("""{"prompt":"x","priority":"urgent"}""", "priority", "urgent", "One of high, normal, low.")]
    [InlineData("""{"prompt":"x","images":0}""", "images", "0", "1…1,000,000.")]
    [InlineData("""{"prompt":["x","y"],"images":600000}""", "images", "600000", "All cells of the sweep together have 1,200,000 images; a job may have 1,000,000.")]
    [InlineData("""{"prompt":"x","colour":1}""", "colour", "1", "Unknown member. Known are model, prompt")]
    [InlineData("""{"prompt":"x","Steps":1}""", "Steps", "1", "Unknown member.")]
    [InlineData("""{"prompt":"x","prompt":"y"}""", null, null, "not well-formed JSON")]
    [InlineData("""{"prompt":"x",""", null, null, "not well-formed JSON at line 1, byte 14")]
    [InlineData("""["x"]""", null, null, "The body must be a JSON object, not an array.")]
    [InlineData("", null, null, "not well-formed JSON at line 1, byte 1")]
    public async Task Bad_input_is_answered_with_the_field_its_value_and_what_is_allowed(string json, string? field, string? value, string allowed)
    {
        await StartWithWorkerAsync();

        var problem = await RefusedAsync(json);

        Assert.Equal("invalid_request", problem.Code);
        Assert.Equal("urn:renderfarm:problem:invalid_request", problem.Type);
        if (field is null)
        {
            Assert.Empty(problem.Errors);
            Assert.Contains(allowed, problem.Detail, StringComparison.Ordinal);
            return;
        }

        var error = Assert.Single(problem.Errors);
        Assert.Equal((field, value), (error.Field, error.Value));
        Assert.StartsWith(allowed, error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_fields_at_fault_are_named_at_once()
    {
        await StartWithWorkerAsync();

        var problem = await RefusedAsync("""{"prompt":"x","steps":0,"width":7,"sampler":"magic","model":"nope","label":5,"size":1}""");
        Assert.Equal(["label", "size"], problem.Errors.Select(error => error.Field));
        var next = await RefusedAsync("""{"prompt":"x","steps":0,"width":7,"sampler":"magic","model":"nope"}""");
        Assert.Equal(["model", "sampler", "steps", "width"], next.Errors.Select(error => error.Field).Order());
    }

    [Fact]
    public async Task Texts_may_be_as_long_as_the_limits_and_no_longer()
    {
        await StartWithWorkerAsync();
        var longest = new string('p', RenderLimits.MaxPromptLength);

        await Host.SubmitAsync(new { prompt = longest, negative_prompt = longest, label = new string('l', RenderLimits.MaxLabelLength) }, Deadline);
        var problem = await RefusedAsync($$"""{"prompt":"{{longest}}p","negative_prompt":"{{longest}}p","label":"{{new string('l', RenderLimits.MaxLabelLength + 1)}}"}""");

        Assert.Equal(["label", "negative_prompt", "prompt"], problem.Errors.Select(error => error.Field).Order());
        Assert.All(problem.Errors, error => Assert.Equal(100, error.Value!.Length));
        Assert.Contains(problem.Errors, error => error.Detail == "Up to 10,000 characters; this has 10,001.");
    }

    [Fact]
    public async Task Defaults_come_from_the_checkpoint_and_are_written_out()
    {
        await StartWithWorkerAsync();

        var job = await Host.SubmitAsync(new { prompt = "x", sampler = new[] { "ddim", "Euler a", "DPM++ 2M Karras" } }, Deadline);

        Assert.Equal(["ddim uniform", "euler_a karras", "dpmpp_2m karras"], job.Sweep.Samplers.Select(one => $"{one.Sampler} {one.NoiseSchedule}"));
        Assert.Equal((64, 64, 10, 3.0), (job.Sweep.Width, job.Sweep.Height, job.Sweep.Steps.Single(), job.Sweep.GuidanceScales.Single()));
        Assert.Equal(("demo", "png", "normal", "reproducible"), (job.Model, job.Format, job.Priority, job.Sweep.Determinism));
    }

    [Fact]
    public async Task Same_key_and_request_make_one_job_and_another_request_is_refused()
    {
        await StartWithWorkerAsync();

        using var first = await PostAsync("""{"prompt":"x","steps":5}""", "key-1");
        using var again = await PostAsync(""" { "steps" : 5.0e0, "prompt" : "x" } """.Replace("5.0e0", "5", StringComparison.Ordinal), "key-1");
        using var other = await PostAsync("""{"prompt":"y","steps":5}""", "key-1");
        using var tooLong = await PostAsync("""{"prompt":"y"}""", new string('k', 201));

        Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.OK, HttpStatusCode.UnprocessableEntity, HttpStatusCode.BadRequest], new[] { first, again, other, tooLong }.Select(one => one.StatusCode));
        Assert.Equal("true", again.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal(await JobOf(first), await JobOf(again));
        Assert.Equal(first.Headers.Location, again.Headers.Location);
        Assert.Equal("idempotency_key_reused", (await other.Content.ReadFromJsonAsync<Problem>(FarmJson.Options, Deadline))!.Code);
    }

    [Fact]
    public async Task Requests_that_race_with_one_key_make_one_job()
    {
        await StartWithWorkerAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => PostAsync("""{"prompt":"x","images":100}""", "race")));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Accepted);
        Assert.Equal(15, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Single((await Task.WhenAll(answers.Select(JobOf))).Distinct());
        Assert.Single((await Host.GetAsync<Page<JobView>>("/v1/jobs", Deadline)).Items);
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task Job_of_100_000_images_is_accepted_within_seconds_and_its_tasks_are_there()
    {
        await StartWithWorkerAsync();
        var watch = Stopwatch.StartNew();

        var job = await Host.SubmitAsync(new { prompt = "x", images = 100_000, seed = 0 }, Deadline);

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        var last = await Host.GetAsync<TaskView>($"/v1/jobs/{job.Id}/tasks/99999", Deadline);
        Assert.Equal(99_999u, last.Recipe.Seed);
        Assert.Equal(100_000, job.Tasks.Total);
    }

    private async Task<Problem> RefusedAsync(string json)
    {
        using var answer = await PostAsync(json, null);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        return (await answer.Content.ReadFromJsonAsync<Problem>(FarmJson.Options, Deadline))!;
    }

    private async Task<HttpResponseMessage> PostAsync(string json, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        return await Host.Client.SendAsync(request, Deadline);
    }

    private async Task<JobId> JobOf(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JobView>(FarmJson.Options, Deadline))!.Id;
}
