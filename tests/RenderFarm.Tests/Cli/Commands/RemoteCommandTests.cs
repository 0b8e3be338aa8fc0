using System.Text.Json;
using RenderFarm.Cli;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Workers;
using RenderFarm.Tests.Cli.Testing;
using RenderFarm.Tests.Contracts;
using Xunit;

namespace RenderFarm.Tests.Cli.Commands;

/// <summary>The commands that talk to a server: submit, watch, jobs, cancel, retry, download, models.</summary>
public sealed class RemoteCommandTests : IAsyncLifetime
{
    private static readonly string Id = Sample.Job.ToString();
    private CliHarness cli = null!;

    public async ValueTask InitializeAsync() => cli = await CliHarness.StartAsync();

    public ValueTask DisposeAsync() => cli.DisposeAsync();

    [Fact]
    public async Task Submit_prints_the_id_and_leaves()
    {
        new SampleJob(images: 2).Script(cli.Farm);
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync(
            "submit", "a", "--model", "demo", "--priority", "high", "--label", "mine", "--idempotency-key", "k-1"));
        Assert.Equal(Id + System.Environment.NewLine, cli.Out);
        var request = Assert.Single(cli.Farm.Arrived);
        Assert.Equal("""{"model":"demo","prompt":"a","priority":"high","label":"mine"}""", request.Body);
        Assert.Equal("k-1", request.Headers["Idempotency-Key"]);
    }

    [Fact]
    public async Task Key_used_for_another_request_is_wrong_use()
    {
        cli.Farm.On("POST", "/v1/jobs", ScriptedFarm.Problem(422, ProblemCodes.IdempotencyKeyReused, "The key k-1 belongs to another request."));
        Assert.Equal(ExitCodes.WrongUse, await cli.RunOnServerAsync("submit", "a", "--idempotency-key", "k-1"));
        Assert.Equal(["error: The key k-1 belongs to another request."], cli.ErrorLines);
    }

    [Fact]
    public async Task Submit_can_wait_and_fetch()
    {
        new SampleJob(images: 2, format: "jpeg").Script(cli.Farm);
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync("submit", "a", "--wait", "--out", cli.Folder.Path));
        Assert.Equal(["1b3c4d5e-0000-7.jpg", "1b3c4d5e-0001-8.jpg"], cli.Folder.Names());
    }

    [Fact]
    public async Task Server_is_found_in_the_environment()
    {
        cli.Environment = cli.Environment with { Variable = name => name == "RENDERFARM_SERVER" ? cli.Farm.Address.ToString() : null };
        cli.Farm.On("GET", "/v1/jobs", ScriptedFarm.Json(new Page<JobView>([], null)));
        Assert.Equal(ExitCodes.Done, await cli.RunAsync("jobs"));
    }

    [Theory]
    [InlineData("submit", "a")]
    [InlineData("jobs")]
    [InlineData("watch", "0198c0de-7f3a-7c11-9d5e-2f6a1b3c4d5e")]
    [InlineData("download", "0198c0de-7f3a-7c11-9d5e-2f6a1b3c4d5e")]
    public async Task Command_without_a_server_says_how_to_name_one(params string[] args)
    {
        Assert.Equal(ExitCodes.WrongUse, await cli.RunAsync(args));
        Assert.Contains("--server", cli.ErrorLines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://farm")]
    [InlineData("farm:8180")]
    [InlineData("nonsense")]
    public async Task Server_that_is_no_http_address_is_refused(string server)
    {
        Assert.Equal(ExitCodes.WrongUse, await cli.RunAsync("jobs", "--server", server));
        Assert.StartsWith($"error: --server '{server}': allowed is", cli.ErrorLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_ends_with_the_job()
    {
        new SampleJob(images: 2).Script(cli.Farm);
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync("watch", Id));
        Assert.Equal($"job {Id} is completed: 2 of 2 images completed{System.Environment.NewLine}", cli.Out);
        Assert.Equal(2, cli.ErrorLines.Length);
    }

    [Fact]
    public async Task Watch_of_a_job_that_fails_gives_each_reason_once()
    {
        var job = new SampleJob(images: 3);
        var failed = job.Queued with { Status = "failed", Tasks = job.Counts(completed: 1, failed: 2) };
        job.Script(cli.Farm)
            .On("GET", SampleJob.Path + "/events", ScriptedFarm.Events(ScriptedFarm.Event(JobEventNames.JobFailed, failed, "99")))
            .On("GET", SampleJob.Path + "/tasks", ScriptedFarm.Json(new Page<TaskView>([SampleJob.Failed(1), SampleJob.Failed(2)], null)));
        Assert.Equal(ExitCodes.Failed, await cli.RunOnServerAsync("watch", Id));
        Assert.Equal(
            [$"error: job {Id} is failed: 1 of 3 images completed, 2 failed", "2 × out_of_memory: The device ran out of memory at 2048×2048."],
            cli.ErrorLines);
        Assert.Contains("status=failed", cli.Farm.Of("GET", SampleJob.Path + "/tasks").Single().Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_that_is_stopped_leaves_the_job_alone()
    {
        var job = new SampleJob(images: 1);
        var sent = new TaskCompletionSource();
        job.Script(cli.Farm).On(
            "GET", SampleJob.Path + "/events", ScriptedFarm.EventsThenSilence(sent, ScriptedFarm.Event(JobEventNames.Snapshot, job.Queued)));
        using var stop = new CancellationTokenSource();
        var running = cli.RunAsync(stop.Token, "watch", Id, "--server", cli.Farm.Address.ToString());
        await sent.Task;
        await stop.CancelAsync();
        Assert.Equal(ExitCodes.Failed, await running);
        Assert.Equal([$"error: stopped watching; job {Id} goes on.", $"Come back with: renderfarm watch {Id}"], cli.ErrorLines);
        Assert.DoesNotContain(cli.Farm.Arrived, request => request.Method == "POST");
    }

    [Fact]
    public async Task Unknown_job_is_a_failure_with_the_farms_sentence()
    {
        cli.Farm.On("GET", SampleJob.Path, ScriptedFarm.Problem(404, ProblemCodes.NotFound, "There is no job " + Id + "."));
        Assert.Equal(ExitCodes.Failed, await cli.RunOnServerAsync("watch", Id));
        Assert.Equal([$"error: There is no job {Id}."], cli.ErrorLines);
    }

    [Fact]
    public async Task Text_that_is_no_job_id_is_wrong_use()
    {
        Assert.Equal(ExitCodes.WrongUse, await cli.RunOnServerAsync("cancel", "42"));
        Assert.StartsWith("error: JOB '42': allowed is a job id", cli.ErrorLines[0], StringComparison.Ordinal);
        Assert.Empty(cli.Farm.Arrived);
    }

    [Theory]
    [InlineData("cancel")]
    [InlineData("retry")]
    [InlineData("resume")]
    public async Task Cancel_retry_and_resume_say_how_the_job_stands(string command)
    {
        cli.Farm.On("POST", $"{SampleJob.Path}/{command}", ScriptedFarm.Json(Sample.JobView));
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync(command, Id));
        Assert.Equal(
            $"job {Id} is active: 2 of 10 images completed, 2 running, 4 queued, 1 failed, 1 canceled{System.Environment.NewLine}", cli.Out);
    }

    [Fact]
    public async Task Pause_says_that_the_job_is_paused()
    {
        cli.Farm.On("POST", $"{SampleJob.Path}/pause", ScriptedFarm.Json(Sample.JobView with { Paused = true }));
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync("pause", Id));
        Assert.StartsWith($"job {Id} is active and paused: 2 of 10 images completed", cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workers_are_listed_with_the_reason_why_some_get_nothing()
    {
        var device = new DeviceView("main", 4, 3, Sample.Profile, 1_000);
        cli.Farm.On("GET", "/v1/workers", ScriptedFarm.Json(new Page<WorkerView>(
            [
                new WorkerView("alpha", "active", [device], Sample.Time),
                new WorkerView("beta", "active", [device with { Held = 0 }], Sample.Time, Sample.Time),
                new WorkerView("gamma", "active", [], Sample.Time, null, new QuarantineView("5 different tasks failed on it.", Sample.Time)),
            ],
            null)));
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync("workers"));
        var seen = Sample.Time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(
            [
                "WORKER  STATUS  DEVICES  HELD  SEEN                  NOTE",
                $"alpha   active  main     3     {seen}",
                $"beta    active  main     0     {seen}  drained",
                $"gamma   active           0     {seen}  quarantine: 5 different tasks failed on it.",
            ],
            cli.Out.Split(System.Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Devices_that_say_more_are_listed_below_their_workers()
    {
        var able = new DeviceView("cuda0", 4, 3, Sample.Profile, 1_000)
        {
            Provider = "cuda",
            Determinism = "reproducible",
            MemoryBytes = 24L << 30,
            PixelsPerImage = 1_048_576,
            Resident = [new ResidentView(Sample.Checkpoint, "demo"), new ResidentView(Sample.Checkpoint, null)],
            Speeds = [new RowSpeed(2, 0.51234), new RowSpeed(16, 3)],
        };
        var plain = new DeviceView("main", 4, 0, Sample.Profile, 1_000);
        cli.Farm.On("GET", "/v1/workers", ScriptedFarm.Json(new Page<WorkerView>(
            [
                new WorkerView("alpha", "active", [able], Sample.Time),
                new WorkerView("beta", "active", [plain], Sample.Time),
                new WorkerView("gamma", "active", [plain with { Provider = "cpu", Determinism = "fast" }], Sample.Time),
            ],
            null)));

        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync("workers"));

        Assert.Equal(
            [
                "WORKER  DEVICE  RUNS ON  CLASS         MEMORY  MOST PIXELS  LOADED                     IMAGES/S BY ROWS",
                "alpha   cuda0   cuda     reproducible  24 GiB  1,048,576    demo,sha256:3a7bd3e2360a…  2: 0.512, 16: 3",
                "gamma   main    cpu      fast          -       any          -                          -",
            ],
            cli.Out.Split(System.Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)[4..]);
    }

    [Fact]
    public async Task Jobs_are_listed_as_a_table()
    {
        cli.Farm.On("GET", "/v1/jobs", ScriptedFarm.Json(new Page<JobView>([Sample.JobView, Sample.JobView with { Label = null }], null)));
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync("jobs", "--status", "active", "--limit", "5"));
        Assert.Equal("?limit=5&status=active", cli.Farm.Arrived[0].Query);
        Assert.Equal(
            [
                "JOB                                   STATUS  IMAGES  MODEL  CREATED               PROMPT",
                $"{Id}  active  2/10    demo   2026-01-31 12:30:05Z  catalogue 7",
                $"{Id}  active  2/10    demo   2026-01-31 12:30:05Z  a red circle | a blue square",
            ],
            cli.Out.Split(System.Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Jobs_are_listed_as_JSON()
    {
        cli.Farm.On("GET", "/v1/jobs", ScriptedFarm.Json(new Page<JobView>([Sample.JobView], null)));
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync("jobs", "--json"));
        using var document = JsonDocument.Parse(cli.Out);
        Assert.Equal(Id, document.RootElement[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task Download_fetches_only_what_is_not_there_already()
    {
        new SampleJob(images: 3).Script(cli.Farm);
        File.WriteAllBytes(cli.Folder.At("1b3c4d5e-0000-7.png"), SampleJob.File(0));
        File.WriteAllText(cli.Folder.At("1b3c4d5e-0001-8.png"), "something else");
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync("download", Id, "--out", cli.Folder.Path));
        Assert.Equal(["1b3c4d5e-0000-7.png", "1b3c4d5e-0001-8-2.png", "1b3c4d5e-0001-8.png", "1b3c4d5e-0002-9.png"], cli.Folder.Names());
        Assert.Empty(cli.Farm.Of("GET", SampleJob.Path + "/images/0"));
        Assert.Equal(["1 of them were there already."], cli.ErrorLines);
    }

    [Fact]
    public async Task Download_of_an_unfinished_job_says_that_more_will_come()
    {
        var job = new SampleJob(images: 3);
        job.Script(cli.Farm)
            .On("GET", SampleJob.Path, ScriptedFarm.Json(job.Queued with { Status = "active", Tasks = job.Counts(completed: 1) }))
            .On("GET", SampleJob.Path + "/tasks", ScriptedFarm.Json(new Page<TaskView>([SampleJob.Done(0)], null)));
        Assert.Equal(ExitCodes.Failed, await cli.RunOnServerAsync("download", Id, "--out", cli.Folder.Path));
        Assert.Equal("Run this again later for the rest.", cli.ErrorLines[^1]);
        Assert.Single(cli.Folder.Names());
    }

    [Fact]
    public async Task Models_of_a_server_are_listed()
    {
        new SampleJob(images: 1).Script(cli.Farm);
        Assert.Equal(ExitCodes.Done, await cli.RunOnServerAsync("models"));
        Assert.Empty(cli.Started);
        Assert.Contains($"demo (default)  64x64  25     dpmpp_2m  4         at any step   1                {Sample.Checkpoint}", cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_of_a_folder_are_read_by_a_farm_of_this_program()
    {
        new SampleJob(images: 1).Script(cli.Farm);
        Assert.Equal(ExitCodes.Done, await cli.RunAsync("models", "--model", "/models/sd15"));
        Assert.Equal(["/models/sd15"], Assert.Single(cli.Started).CheckpointFolders);
    }
}
