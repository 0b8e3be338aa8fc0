using System.Security.Cryptography;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Imaging;
using RenderFarm.Worker;
using Xunit;

namespace RenderFarm.Tests.Worker;

public sealed class AttemptRunnerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Taken_attempt_is_started_then_succeeds_with_its_object_in_the_store()
    {
        await using var bench = new WorkerBench();
        var command = WorkerBench.Command("a circle");
        bench.Runner.Take(command, RenderFarm.Worker.WorkerIdentity.Device);

        var started = await bench.NextReportAsync<AttemptStarted>();
        var succeeded = await bench.NextReportAsync<AttemptSucceeded>();
        Assert.Equal(command.Attempt, succeeded.Attempt);
        Assert.Equal(started.Run, succeeded.Run);
        Assert.Equal($"images/{command.Attempt.Job}/000003-1-{succeeded.Run}.png", succeeded.Image.ObjectKey);

        var file = await ReadAsync(bench.Store, succeeded.Image.ObjectKey);
        Assert.Equal(succeeded.Image.SizeBytes, file.Length);
        Assert.Equal(succeeded.Image.Sha256, Convert.ToHexStringLower(SHA256.HashData(file)));
        var texts = ImageReader.ReadTexts(file);
        Assert.Equal(command.Recipe.ToCanonicalJson(), texts.Recipe);
        Assert.Equal($"fake 1.0/none/none/{ExecutionEnvironment.EngineRevision}", texts.Profile);
        Assert.StartsWith("a circle\nSteps: 2, Sampler: DDIM", texts.Parameters, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Same_recipe_gives_the_same_bytes_at_another_index_attempt_and_run()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("a circle"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        var first = await bench.NextReportAsync<AttemptSucceeded>();
        bench.Runner.Take(WorkerBench.Command("a circle", number: 2), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        var second = await bench.NextReportAsync<AttemptSucceeded>();
        Assert.NotEqual(first.Image.ObjectKey, second.Image.ObjectKey);
        Assert.Equal(first.Image.Sha256, second.Image.Sha256);
    }

    [Theory]
    [InlineData("unsafe", true, 0.25)]
    [InlineData("a circle", null, null)]
    [InlineData("scoreless", null, null)]
    public async Task Verdict_of_the_safety_checker_is_reported_with_the_image_that_is_stored_all_the_same(string prompt, bool? flag, double? score)
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command(prompt), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        var image = (await bench.NextReportAsync<AttemptSucceeded>()).Image;
        Assert.Equal((flag, score), (image.SafetyFlag, image.SafetyScore));
        Assert.Equal(image.Sha256, Convert.ToHexStringLower(SHA256.HashData(await ReadAsync(bench.Store, image.ObjectKey))));
    }

    [Fact]
    public async Task Second_delivery_of_a_held_attempt_joins_its_run_and_nothing_is_rendered_twice()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("hold"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        bench.Runner.Take(WorkerBench.Command("hold"), RenderFarm.Worker.WorkerIdentity.Device);
        var held = Assert.Single(bench.Runs.Entries());

        bench.Pipeline.Release();

        Assert.Equal(held.Run, (await bench.NextReportAsync<AttemptSucceeded>()).Run);
        Assert.Equal(1, bench.Pipeline.Generated);
        Assert.False(bench.HasMore);
    }

    [Fact]
    public async Task Delivery_of_an_attempt_that_has_succeeded_has_the_same_report_again_and_nothing_is_rendered_twice()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("a circle"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        var first = await bench.NextReportAsync<AttemptSucceeded>();
        await bench.LetGoAsync();

        bench.Runner.Take(WorkerBench.Command("a circle"), RenderFarm.Worker.WorkerIdentity.Device);

        Assert.Equal(first, await bench.NextReportAsync<AttemptSucceeded>());
        Assert.Equal(1, bench.Pipeline.Generated);
        Assert.Empty(bench.Runs.Entries());
    }

    [Fact]
    public async Task Delivery_of_an_attempt_that_has_failed_is_rendered_again_under_another_run()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("fail"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        var first = await bench.NextReportAsync<AttemptFailed>();
        await bench.LetGoAsync();

        bench.Runner.Take(WorkerBench.Command("fail"), RenderFarm.Worker.WorkerIdentity.Device);

        await bench.NextReportAsync<AttemptStarted>();
        Assert.NotEqual(first.Run, (await bench.NextReportAsync<AttemptFailed>()).Run);
    }

    [Fact]
    public async Task Worker_that_takes_no_more_still_says_again_what_it_has_stored()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("a circle"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        var first = await bench.NextReportAsync<AttemptSucceeded>();
        await bench.Runs.CloseAsync().WaitAsync(Cancellation);

        bench.Runner.Take(WorkerBench.Command("a circle"), RenderFarm.Worker.WorkerIdentity.Device);

        Assert.Equal(first, await bench.NextReportAsync<AttemptSucceeded>());
    }

    [Theory]
    [InlineData("fail", FailureCodes.EngineFailed, true)]
    [InlineData("not finite", FailureCodes.NotFinite, false)]
    [InlineData("out of memory", FailureCodes.OutOfMemory, true)]
    [InlineData("no upscaler", FailureCodes.UnknownUpscaler, true)]
    public async Task Failed_render_is_reported_with_its_code(string prompt, string code, bool retryable)
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command(prompt), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        var failed = await bench.NextReportAsync<AttemptFailed>();
        Assert.Equal(code, failed.Failure.Code);
        Assert.Equal(retryable, failed.Failure.Retryable);
    }

    [Fact]
    public async Task Unknown_checkpoint_is_reported_and_nothing_is_loaded()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("a circle", checkpoint: "sha256:ff"), RenderFarm.Worker.WorkerIdentity.Device);
        Assert.Equal(FailureCodes.UnknownCheckpoint, (await bench.NextReportAsync<AttemptFailed>()).Failure.Code);
        Assert.Equal(0, bench.Loads);
    }

    [Fact]
    public async Task Checkpoint_that_cannot_be_read_here_is_left_to_another_worker()
    {
        await using var bench = new WorkerBench { LoadError = new CheckpointException("unet/model.onnx", "the file is missing") };
        bench.Runner.Take(WorkerBench.Command("a circle"), RenderFarm.Worker.WorkerIdentity.Device);
        var failure = (await bench.NextReportAsync<AttemptFailed>()).Failure;
        Assert.Equal((FailureCodes.CheckpointUnreadable, true), (failure.Code, failure.Retryable));
    }

    [Fact]
    public async Task Checkpoint_that_finds_no_memory_is_no_unreadable_one()
    {
        await using var bench = new WorkerBench { LoadError = new GenerationException(GenerationError.OutOfMemory, "Memory does not hold the checkpoint.") };
        bench.Runner.Take(WorkerBench.Command("a circle"), RenderFarm.Worker.WorkerIdentity.Device);
        var failure = (await bench.NextReportAsync<AttemptFailed>()).Failure;
        Assert.Equal((FailureCodes.OutOfMemory, true), (failure.Code, failure.Retryable));
    }

    [Fact]
    public async Task Unknown_format_is_a_bad_recipe()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("a circle", format: "bmp"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        var failure = (await bench.NextReportAsync<AttemptFailed>()).Failure;
        Assert.Equal(FailureCodes.BadRecipe, failure.Code);
        Assert.Contains("png, jpeg, webp", failure.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Canceled_attempt_is_reported_as_canceled()
    {
        await using var bench = new WorkerBench();
        var command = WorkerBench.Command("hold");
        bench.Runner.Take(command, RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        bench.Runs.Cancel(command.Attempt);
        Assert.Equal(command.Attempt, (await bench.NextReportAsync<AttemptCanceled>()).Attempt);
    }

    [Fact]
    public async Task Shutdown_hands_held_attempts_back_and_takes_no_more()
    {
        await using var bench = new WorkerBench();
        bench.Runner.Take(WorkerBench.Command("hold"), RenderFarm.Worker.WorkerIdentity.Device);
        await bench.NextReportAsync<AttemptStarted>();
        var closed = bench.Runs.CloseAsync();
        await bench.NextReportAsync<AttemptReturned>();
        await closed.WaitAsync(Cancellation);

        bench.Runner.Take(WorkerBench.Command("a late one", number: 9), RenderFarm.Worker.WorkerIdentity.Device);
        Assert.Equal(9, (await bench.NextReportAsync<AttemptReturned>()).Attempt.Number);
    }

    [Fact]
    public async Task Finished_attempt_is_held_until_the_bus_has_its_report()
    {
        await using var bench = new WorkerBench { BusError = new InvalidOperationException("The bus is away.") };
        var failedPass = bench.NextOutboxPass();
        bench.Runner.Take(WorkerBench.Command("a circle"), RenderFarm.Worker.WorkerIdentity.Device);
        await failedPass.WaitAsync(Cancellation);
        Assert.Single(bench.Runs.Entries());

        bench.BusError = null;
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        await bench.NextReportAsync<AttemptStarted>();
        await bench.NextReportAsync<AttemptSucceeded>();
    }

    private static async Task<byte[]> ReadAsync(IObjectStore store, string key)
    {
        await using var stream = await store.OpenAsync(new ObjectKey(key), Cancellation);
        var copy = new MemoryStream();
        await stream!.CopyToAsync(copy, Cancellation);
        return copy.ToArray();
    }
}
