using Microsoft.Extensions.Logging;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Worker.Checkpoints;
using RenderFarm.Worker.Devices;

namespace RenderFarm.Worker;

/// <summary>
/// One attempt's life: taken, rendered, stored, reported. The page to read first.
/// </summary>
/// <remarks>
/// It reports every run it takes exactly once, with a success, a failure, a cancel or a hand-back. A second delivery of an attempt joins the run that is
/// held, and after a success has the same report again; neither is rendered twice while this process remembers. It does not retry a render (the coordinator does) and
/// does not know whether the same task runs elsewhere: both may finish, and the record takes the first.
/// </remarks>
internal sealed class AttemptRunner(
    WorkerIdentity identity,
    HeldRuns runs,
    RecentSuccesses successes,
    RenderDevices devices,
    InputPictures inputs,
    ImagePublisher publisher,
    StorePatience patience,
    ReportOutbox reports,
    ProgressBoard progress,
    TimeProvider clock,
    ILogger<AttemptRunner> logger)
{
    /// <summary>Takes a delivery for a device. Returns at once; the outcome comes as a report.</summary>
    public void Take(RunAttempt command, string device)
    {
        var run = new HeldRun(command, RunId.New(clock), devices[device].Name);
        var delivery = runs.Take(run);
        if (delivery == Delivery.Joined)
        {
            WorkerLog.DeliveredTwice(logger, run.Attempt);
            run.Dispose();
        }
        else if (successes.Of(run.Attempt) is { } success)
        {
            // Looked for after the run was taken: one that ends in between is in one of the two places at any moment.
            WorkerLog.SaidAgain(logger, run.Attempt, success.Run);
            reports.Add(success);
            LetGo(run);
        }
        else if (delivery == Delivery.Refused)
        {
            reports.Add(new AttemptReturned(run.Attempt, run.Run, identity.Name));
            run.Dispose();
        }
        else
        {
            _ = Task.Run(() => LiveAsync(run));
        }
    }

    private async Task LiveAsync(HeldRun run)
    {
        var report = await RenderAsync(run);
        reports.Add(report, sent: () =>
        {
            // Held until the report is on the bus: heartbeats keep the lease meanwhile.
            if (report is AttemptSucceeded success) successes.Add(success);
            LetGo(run);
        });
    }

    private void LetGo(HeldRun run)
    {
        runs.Remove(run);
        run.Dispose();
    }

    /// <summary>The attempt's outcome as a report; never throws.</summary>
    private async Task<object> RenderAsync(HeldRun run)
    {
        var recipe = run.Command.Recipe;
        try
        {
            if (!devices[run.Device].MayRender(recipe)) return new AttemptReturned(run.Attempt, run.Run, identity.Name);

            // 1. The pictures it begins from.
            var pictures = await patience.RunAsync(run.Attempt, () => inputs.OfAsync(recipe, run.Stopping), run.Stopping);

            // 2. The pipeline of its checkpoint, loaded if it is not.
            var device = devices[run.Device];
            var pipeline = await patience.RunAsync(run.Attempt, () => device.Pipelines.UseAsync(recipe.Checkpoint, run.Stopping), run.Stopping);

            // 3. Pixels, of what the recipe asks for in the engine's words.
            var result = await PixelsAsync(run, device, pipeline, pictures);

            // 4. File, object, and only then the word that it is there.
            var profile = SettingsMapping.ToProfile(pipeline.Value.Environment);
            var image = await publisher.PublishAsync(run, result, profile, run.Stopping);
            return new AttemptSucceeded(run.Attempt, run.Run, identity.Name, image);
        }
        catch (OperationCanceledException) when (run.Cause == StopCause.Canceled)
        {
            return new AttemptCanceled(run.Attempt, run.Run, identity.Name);
        }
        catch (OperationCanceledException) when (run.Cause == StopCause.Shutdown)
        {
            return new AttemptReturned(run.Attempt, run.Run, identity.Name);
        }
        catch (OperationCanceledException) when (run.Cause == StopCause.Stuck)
        {
            return new AttemptFailed(run.Attempt, run.Run, identity.Name, new AttemptFailure(
                FailureCodes.EngineStuck, Retryable: true, "The engine made no step, or did not return from loading or encoding, for far longer than that takes."));
        }
        catch (Exception error)
        {
            var failure = Classify(error);
            WorkerLog.AttemptFailed(logger, run.Attempt, failure.Code, failure.Detail, error);
            return new AttemptFailed(run.Attempt, run.Run, identity.Name, failure);
        }
    }

    // The engine decides when; the first progress says that it has begun.
    private async Task<GenerationResult> PixelsAsync(HeldRun run, RenderDevice device, PipelineUse pipeline, RecipePictures pictures)
    {
        var watch = progress.Watch(run, device.Steps, started: () =>
        {
            run.Phase = RunPhase.Rendering;
            reports.Add(new AttemptStarted(run.Attempt, run.Run, identity.Name));
        });
        var rendering = TimedAsync(device.Speed, run.Command.Recipe, () => pipeline.Value.GenerateAsync(
            SettingsMapping.ToRequest(run.Command.Recipe, pictures, pipeline.Value.EnlargesBy), watch, run.Stopping));
        try
        {
            return await rendering.WaitAsync(run.Abandoned);
        }
        finally
        {
            // The engine answers for its own time alone: a store that hangs from here on is not an engine that does.
            run.Phase = RunPhase.Storing;
            progress.Remove(run, device.Steps);
            // A pipeline whose call does not return stays loaded: freeing it would free memory that the call still writes to.
            if (rendering.IsCompleted) pipeline.Dispose();
            else _ = rendering.ContinueWith(_ => pipeline.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private static async Task<GenerationResult> TimedAsync(DeviceSpeed speed, Recipe recipe, Func<Task<GenerationResult>> render)
    {
        var sharing = speed.Begin(recipe.GuidanceScale > 1 ? 2 : 1);
        GenerationResult? result = null;
        try
        {
            return result = await render();
        }
        finally
        {
            speed.End(sharing, result is null ? null : (double)recipe.Width * recipe.Height * recipe.Steps, result?.RenderTime ?? TimeSpan.Zero);
        }
    }

    private static AttemptFailure Classify(Exception error) => error switch
    {
        GenerationException { Error: GenerationError.BadRequest } => new AttemptFailure(FailureCodes.BadRecipe, Retryable: false, error.Message),
        GenerationException { Error: GenerationError.NotFinite } => new AttemptFailure(FailureCodes.NotFinite, Retryable: false, error.Message),
        GenerationException { Error: GenerationError.OutOfMemory } => new AttemptFailure(FailureCodes.OutOfMemory, Retryable: true, error.Message),
        GenerationException { Error: GenerationError.UpscalerMissing } => new AttemptFailure(FailureCodes.UnknownUpscaler, Retryable: true, error.Message),
        CheckpointFetchException fetch => new AttemptFailure(fetch.Code, Retryable: true, error.Message),
        UnknownCheckpointException => new AttemptFailure(FailureCodes.UnknownCheckpoint, Retryable: true, error.Message),
        CheckpointException => new AttemptFailure(FailureCodes.CheckpointUnreadable, Retryable: true, error.Message),
        InputException input => new AttemptFailure(input.Code, Retryable: true, error.Message),
        ObjectStoreException { IsRefusal: true } => new AttemptFailure(FailureCodes.StoreRefused, Retryable: true, error.Message),
        ObjectStoreException => new AttemptFailure(FailureCodes.StoreUnavailable, Retryable: true, error.Message),
        _ => new AttemptFailure(FailureCodes.EngineFailed, Retryable: true, error.Message),
    };
}
