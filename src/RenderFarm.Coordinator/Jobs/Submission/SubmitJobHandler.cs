using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Dispatch;
using RenderFarm.Coordinator.Inputs;
using RenderFarm.Coordinator.Jobs.Planning;
using RenderFarm.Coordinator.Jobs.Views;
using RenderFarm.Coordinator.Persistence;
using RenderFarm.Coordinator.Workers;

namespace RenderFarm.Coordinator.Jobs.Submission;

/// <summary>
/// <c>POST /v1/jobs</c>: a request becomes a job and its tasks in one transaction, or nothing. With an <c>Idempotency-Key</c> it becomes
/// one job however often it is sent.
/// </summary>
internal sealed class SubmitJobHandler(
    FarmRecord record,
    IDatabase database,
    CheckpointCatalog checkpoints,
    RequestPictures pictures,
    ISeedSource seeds,
    GetJob getJob,
    Dispatcher dispatcher,
    Planners planners,
    IOptions<CoordinatorOptions> options,
    TimeProvider clock,
    ILogger<SubmitJobHandler> logger)
{
    /// <summary>Header that names a request, so that repeating it is harmless.</summary>
    public const string KeyHeader = "Idempotency-Key";

    /// <summary>Header that says that the job was there before.</summary>
    public const string ReplayedHeader = "Idempotency-Replayed";

    private static readonly TimeSpan NoCheckpointRetry = TimeSpan.FromSeconds(5);

    /// <summary>Answers 202 with the job, 200 for a repeated key, or a problem.</summary>
    public async Task<IResult> HandleAsync(HttpContext http, CancellationToken cancellation)
    {
        var tenant = Tenancy.Of(http.Request, options.Value);
        var key = http.Request.Headers[KeyHeader].ToString() is { Length: > 0 } named ? named : null;
        if (key?.Length > RenderLimits.MaxIdempotencyKeyLength)
            return Problems.Invalid(new FieldError(KeyHeader, Problems.Shorten(key), $"Up to {RenderLimits.MaxIdempotencyKeyLength} characters."));
        var body = await RequestBody.ReadAsync<SubmitJob>(http.Request);
        if (body.Problem is not null) return body.Problem;
        // Side by side: nearly every key is new, and somebody waits for the image.
        var (sent, held) = (key is null ? Task.FromResult<RenderJob?>(null) : FindAsync(tenant, key, cancellation), checkpoints.LoadAsync(cancellation));
        await Task.WhenAll(sent, held);
        if (await sent is { } known) return await ReplayAsync(http, known, body.Fingerprint, cancellation);

        var catalog = await held;
        if (catalog.Entries.Count == 0)
            return Problems.Unavailable("No worker has announced a checkpoint yet, so nothing can be rendered. Start a worker.", NoCheckpointRetry);
        var check = new SettingsCheck();
        var given = await pictures.FindAsync(body.Value!, check, cancellation);
        var planned = SubmissionRules.Plan(body.Value!, given, catalog, seeds.Draw, check);
        if (planned is null) return check.OnlyPicturesAreAtFault ? Problems.NotUsable(check.Errors) : Problems.Invalid(check.Errors);
        await pictures.StoreAsync(given, cancellation);
        var fingerprint = key is null ? null : body.Fingerprint;
        var job = await StoreAsync(NewJob(body.Value!, planned, tenant, key, fingerprint), planned, cancellation);
        if (job is null) return await ReplayAsync(http, (await FindAsync(tenant, key!, cancellation))!, body.Fingerprint, cancellation);

        CoordinatorLog.JobAccepted(logger, job.Id, job.TasksTotal, tenant);
        planners.Keep(job.Id, new JobPlanner(planned.Checkpoint.Digest, planned.Sweep));
        dispatcher.Wake();
        var view = await getJob.FindAsync(job.Id, tenant, cancellation);
        return Results.Json(view, FarmJson.Options, statusCode: StatusCodes.Status202Accepted).WithLocation($"/v1/jobs/{job.Id}");
    }

    private Task<RenderJob?> FindAsync(string tenant, string key, CancellationToken cancellation) => record.ReadAsync(
        db => db.Jobs.SingleOrDefaultAsync(job => job.Tenant == tenant && job.IdempotencyKey == key, cancellation), cancellation);

    private async Task<IResult> ReplayAsync(HttpContext http, RenderJob known, string fingerprint, CancellationToken cancellation)
    {
        if (known.RequestFingerprint != fingerprint) return Problems.KeyReused(known.IdempotencyKey!);
        http.Response.Headers[ReplayedHeader] = "true";
        return Results.Json(await getJob.FindAsync(known.Id, known.Tenant, cancellation), FarmJson.Options).WithLocation($"/v1/jobs/{known.Id}");
    }

    private RenderJob NewJob(SubmitJob request, PlannedJob planned, string tenant, string? key, string? fingerprint) => new RenderJob
    {
        Id = JobId.New(clock),
        Tenant = tenant,
        Label = request.Label,
        Model = planned.Checkpoint.Name,
        Checkpoint = planned.Checkpoint.Digest,
        Upscaler = HiresUpscalers.FileOf(planned.Sweep.Hires?.Upscaler),
        Pixels = HiresRules.Pixels(planned.Sweep, planned.Checkpoint.SideMultiple),
        Priority = planned.Priority,
        Determinism = planned.Sweep.Determinism,
        Format = planned.Format,
        Quality = request.Quality,
        RetentionDays = request.RetentionDays ?? options.Value.RetentionDays,
        IdempotencyKey = key,
        RequestFingerprint = fingerprint,
        TasksTotal = (int)JobPlanner.Count(planned.Sweep),
        Cost = Stretches(planned).Sum(stretch => stretch.Cost * stretch.Count),
        CreatedAt = clock.Now(),
    }.WithAllQueued();

    private static IEnumerable<CostStretch> Stretches(PlannedJob planned) =>
        new JobPlanner(planned.Checkpoint.Digest, planned.Sweep).Costs(planned.Checkpoint.CostFactor);

    private static IEnumerable<string> PicturesOf(SweepView sweep) => new[] { sweep.InitImage, sweep.Mask }.OfType<string>().Distinct();

    // Null: another request with the same key won the race.
    private async Task<RenderJob?> StoreAsync(RenderJob job, PlannedJob planned, CancellationToken cancellation)
    {
        var sweep = JsonSerializer.Serialize(planned.Sweep, FarmJson.Options);
        try
        {
            return await record.AddAsync(
                async db =>
                {
                    db.Jobs.Add(job);
                    db.Sweeps.Add(new JobSweep { Job = job.Id, Sweep = sweep, Length = sweep.Length });
                    db.JobInputs.AddRange(PicturesOf(planned.Sweep).Select(digest => new JobInput { Job = job.Id, Digest = digest }));
                    await db.SaveChangesAsync(cancellation);
                    await database.InsertTasksAsync(db, job.Id, Stretches(planned), cancellation);
                    return job;
                },
                cancellation);
        }
        catch (DbUpdateException error) when (job.IdempotencyKey is not null && database.IsUniqueViolation(error))
        {
            return null;
        }
    }
}
