using System.Text.Json;
using RenderFarm.Cli;
using RenderFarm.Cli.Embedded;
using RenderFarm.Cli.Files;
using RenderFarm.Contracts.Api;
using RenderFarm.Tests.Cli.Testing;
using RenderFarm.Tests.Contracts;
using Xunit;

namespace RenderFarm.Tests.Cli.Commands;

public sealed class RenderCommandTests : IAsyncLifetime
{
    private CliHarness cli = null!;

    public async ValueTask InitializeAsync() => cli = await CliHarness.StartAsync();

    public ValueTask DisposeAsync() => cli.DisposeAsync();

    [Fact]
    public async Task Images_arrive_as_files_that_are_listed_with_their_seeds()
    {
        new SampleJob(images: 2).Script(cli.Farm);
        Assert.Equal(ExitCodes.Done, await RenderAsync("a red circle", "--images", "2", "--seed", "7"));
        Assert.Equal(["1b3c4d5e-0000-7.png", "1b3c4d5e-0001-8.png"], cli.Folder.Names());
        Assert.Equal(SampleJob.File(1), File.ReadAllBytes(cli.Folder.At("1b3c4d5e-0001-8.png")));
        Assert.Equal(
            [$"{cli.Folder.At("1b3c4d5e-0000-7.png")}  seed 7", $"{cli.Folder.At("1b3c4d5e-0001-8.png")}  seed 8"],
            cli.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("""{"prompt":"a red circle","images":2,"seed":7}""", cli.Farm.Of("POST", "/v1/jobs").Single().Body);
    }

    [Fact]
    public async Task Farm_is_started_with_the_model_and_the_data_folder_given()
    {
        new SampleJob(images: 1).Script(cli.Farm);
        await RenderAsync("a", "--model", "/models/sd15", "--upscalers", "/models/upscalers", "--data", "/var/farm", "--verbose");
        var options = Assert.Single(cli.Started);
        Assert.Equal(["/models/sd15"], options.CheckpointFolders);
        Assert.Equal("/models/upscalers", options.UpscalerFolder);
        Assert.Equal("/var/farm", options.DataFolder);
        Assert.Empty(options.Urls);
        Assert.True(options.Verbose);
    }

    [Fact]
    public async Task Json_is_one_document_on_standard_output_and_nothing_else_is_said()
    {
        new SampleJob(images: 2).Script(cli.Farm);
        Assert.Equal(ExitCodes.Done, await RenderAsync("a red circle", "--json"));
        using var document = JsonDocument.Parse(cli.Out);
        Assert.Equal(["job", "images", "failures", "seconds"], document.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal(Sample.Job.ToString(), document.RootElement.GetProperty("job").GetProperty("id").GetString());
        var image = document.RootElement.GetProperty("images")[1];
        Assert.Equal(
            ["index", "file", "seed", "recipe", "recipe_id", "sha256", "seconds", "profile"], image.EnumerateObject().Select(member => member.Name));
        Assert.Equal(cli.Folder.At("1b3c4d5e-0001-8.png"), image.GetProperty("file").GetString());
        Assert.Equal(8, image.GetProperty("seed").GetInt64());
        Assert.Equal(SampleJob.Done(1).RecipeId, image.GetProperty("recipe_id").GetString());
        Assert.Equal(SampleJob.Done(1).Sha256, image.GetProperty("sha256").GetString());
        Assert.Equal("a red circle on \"blue\" – ☂\nsecond line", image.GetProperty("recipe").GetProperty("prompt").GetString());
        Assert.Empty(cli.Error);
    }

    [Fact]
    public async Task Image_that_the_safety_checker_flags_is_kept_and_said_to_be_flagged()
    {
        var flagged = SampleJob.Done(1) with { SafetyFlag = true, SafetyScore = 0.25 };
        new SampleJob(images: 2).Script(cli.Farm)
            .On("GET", SampleJob.Path + "/tasks", ScriptedFarm.Json(new Page<TaskView>([SampleJob.Done(0) with { SafetyFlag = false, SafetyScore = -0.5 }, flagged], null)))
            .On("GET", SampleJob.Path + "/events", ScriptedFarm.Events(ScriptedFarm.Event(JobEventNames.JobCompleted, new SampleJob(images: 2).Completed, "99")));
        Assert.Equal(ExitCodes.Done, await RenderAsync("a"));
        Assert.Equal(
            [$"{cli.Folder.At("1b3c4d5e-0000-7.png")}  seed 7", $"{cli.Folder.At("1b3c4d5e-0001-8.png")}  seed 8  flagged by the checkpoint's safety checker"],
            cli.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(SampleJob.File(1), File.ReadAllBytes(cli.Folder.At("1b3c4d5e-0001-8.png")));
    }

    [Fact]
    public async Task Progress_is_one_line_for_each_image_where_there_is_no_terminal()
    {
        new SampleJob(images: 2).Script(cli.Farm);
        await RenderAsync("a");
        Assert.Equal(2, cli.ErrorLines.Length);
        Assert.StartsWith("1/2", cli.ErrorLines[0], StringComparison.Ordinal);
        Assert.StartsWith("2/2", cli.ErrorLines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Image_whose_end_was_not_heard_is_fetched_all_the_same()
    {
        var job = new SampleJob(images: 3);
        job.Script(cli.Farm).On("GET", SampleJob.Path + "/events", ScriptedFarm.Events(
            job.DoneEvent(2), job.DoneEvent(2), ScriptedFarm.Event(JobEventNames.JobCompleted, job.Completed, "99")));
        Assert.Equal(ExitCodes.Done, await RenderAsync("a"));
        Assert.Equal(3, cli.Folder.Names().Length);
        Assert.Single(cli.Farm.Of("GET", SampleJob.Path + "/images/2"));
    }

    [Fact]
    public async Task Sweep_gets_a_contact_sheet_with_its_cells_in_order()
    {
        var sweep = Sample.JobView.Sweep with { Prompts = ["a cat", "a dog"], Images = 1, Steps = [10, 25] };
        new SampleJob(images: 4, sweep: sweep).Script(cli.Farm);
        Assert.Equal(ExitCodes.Done, await RenderAsync("a cat", "a dog", "--steps", "10,25"));
        Assert.Equal(
            "2 prompts\nsteps 10 | steps 25\na cat: image 0 | image 1\na dog: image 2 | image 3", File.ReadAllText(cli.Folder.At("1b3c4d5e-sheet.png")));
        Assert.Contains("1b3c4d5e-sheet.png  contact sheet", cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failed_image_is_named_with_its_reason_and_the_others_are_kept()
    {
        var job = new SampleJob(images: 2);
        var failed = job.Queued with { Status = "failed", Tasks = job.Counts(completed: 1, failed: 1) };
        job.Script(cli.Farm)
            .On("GET", SampleJob.Path + "/events", ScriptedFarm.Events(job.DoneEvent(0), ScriptedFarm.Event(JobEventNames.JobFailed, failed, "99")))
            .On("GET", SampleJob.Path + "/tasks", ScriptedFarm.Json(new Page<TaskView>([SampleJob.Done(0), SampleJob.Failed(1)], null)));
        Assert.Equal(ExitCodes.Failed, await RenderAsync("a"));
        Assert.Contains("error: image 1 (seed 8) failed: The device ran out of memory at 2048×2048.", cli.ErrorLines);
        Assert.Contains($"error: 1 of 2 images failed; 1 of 2 images were finished and are kept in {cli.Folder.Path}.", cli.ErrorLines);
        Assert.Equal(["1b3c4d5e-0000-7.png"], cli.Folder.Names());
    }

    [Fact]
    public async Task Stop_cancels_the_job_and_keeps_what_is_finished()
    {
        var job = new SampleJob(images: 3);
        var canceled = job.Queued with { Status = "canceled", Tasks = new TaskCounts(3, 0, 0, 0, 1, 0, 2) };
        var sent = new TaskCompletionSource();
        job.Script(cli.Farm)
            .On("GET", SampleJob.Path + "/events",
                ScriptedFarm.EventsThenSilence(sent, ScriptedFarm.Event(JobEventNames.Snapshot, job.Queued)),
                ScriptedFarm.Events(ScriptedFarm.Event(JobEventNames.JobCanceled, canceled, "99")))
            .On("POST", SampleJob.Path + "/cancel", ScriptedFarm.Json(job.Queued))
            .On("GET", SampleJob.Path + "/tasks", ScriptedFarm.Json(new Page<TaskView>([SampleJob.Done(0)], null)));

        using var stop = new CancellationTokenSource();
        var running = cli.RunAsync(stop.Token, "render", "a", "--out", cli.Folder.Path);
        await sent.Task;
        await stop.CancelAsync();
        Assert.Equal(ExitCodes.Failed, await running);
        Assert.Single(cli.Farm.Of("POST", SampleJob.Path + "/cancel"));
        Assert.Equal(["1b3c4d5e-0000-7.png"], cli.Folder.Names());
        Assert.Contains($"error: canceled; 1 of 3 images were finished and are kept in {cli.Folder.Path}.", cli.ErrorLines);
    }

    [Fact]
    public async Task Field_errors_of_the_farm_are_said_in_options()
    {
        cli.Farm.On("POST", "/v1/jobs", ScriptedFarm.Problem(
            400, ProblemCodes.InvalidRequest, "Two fields are at fault.",
            new FieldError("width", "100", "A multiple of 8."), new FieldError("guidance_scale[1]", "9", "Off for this model.")));
        Assert.Equal(ExitCodes.WrongUse, await RenderAsync("a"));
        Assert.Equal(["error: --width '100': A multiple of 8.", "error: --guidance (value 2) '9': Off for this model."], cli.ErrorLines);
    }

    [Fact]
    public async Task Full_disk_names_the_file_and_leaves_nothing_half_made()
    {
        new SampleJob(images: 1).Script(cli.Farm);
        var probes = 0;
        cli.Environment = cli.Environment with
        {
            Files = new ImageFileWriter(path => probes++ == 0 ? File.Create(path) : throw new IOException("No space left on device", 28)),
        };
        Assert.Equal(ExitCodes.Failed, await RenderAsync("a"));
        Assert.Equal($"error: {cli.Folder.At("1b3c4d5e-0000-7.png")} cannot be written: no space left on the disk.", cli.ErrorLines[^2]);
        Assert.Empty(cli.Folder.Names());
    }

    [Fact]
    public async Task Image_that_arrives_damaged_is_not_written()
    {
        new SampleJob(images: 1).Script(cli.Farm).On("GET", SampleJob.Path + "/images/0", ScriptedFarm.Bytes([1, 2, 3]));
        Assert.Equal(ExitCodes.Failed, await RenderAsync("a"));
        Assert.Contains("arrived damaged", cli.Error, StringComparison.Ordinal);
        Assert.Empty(cli.Folder.Names());
    }

    [Fact]
    public async Task Folder_that_cannot_be_written_is_refused_before_a_farm_is_started()
    {
        File.WriteAllText(cli.Folder.At("file"), "");
        Assert.Equal(ExitCodes.WrongUse, await cli.RunAsync("render", "a", "--out", cli.Folder.At("file")));
        Assert.Empty(cli.Started);
    }

    [Fact]
    public async Task Farm_that_cannot_start_says_why_and_what_to_do()
    {
        cli.Environment = cli.Environment with
        {
            StartFarm = (_, _) => throw new FarmStartException("/models/x has no unet/model.onnx.", "Export the model again, or name another folder with --model."),
        };
        Assert.Equal(ExitCodes.WrongUse, await RenderAsync("a"));
        Assert.Equal(["error: /models/x has no unet/model.onnx.", "Export the model again, or name another folder with --model."], cli.ErrorLines);
    }

    [Fact]
    public async Task Fault_of_ours_shows_its_trace_only_when_asked()
    {
        cli.Environment = cli.Environment with { StartFarm = (_, _) => throw new InvalidOperationException("Oh.\nNo.") };
        Assert.Equal(ExitCodes.Failed, await RenderAsync("a"));
        Assert.Equal("error: unexpected: Oh. No.", cli.ErrorLines[0]);
        Assert.Equal(2, cli.ErrorLines.Length);
        await RenderAsync("a", "--verbose");
        Assert.Contains("   at ", cli.Error, StringComparison.Ordinal);
    }

    private Task<int> RenderAsync(params string[] args) => cli.RunAsync(["render", .. args, "--out", cli.Folder.Path]);
}
