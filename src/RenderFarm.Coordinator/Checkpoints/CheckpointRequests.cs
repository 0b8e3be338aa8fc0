using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Contracts.Checkpoints;
using RenderFarm.Contracts.Workers;
using RenderFarm.Coordinator.Api;
using RenderFarm.Coordinator.Dispatch;

namespace RenderFarm.Coordinator.Checkpoints;

/// <summary>Publishing, describing and removing checkpoints of the store.</summary>
internal sealed class CheckpointRequests(CheckpointStore store, StoredCheckpoints known, Dispatcher dispatcher, ILogger<CheckpointRequests> logger)
{
    public async Task<IResult> PublishAsync(HttpContext http, string name)
    {
        var body = await RequestBody.ReadAsync<CheckpointManifest>(http.Request);
        if (body.Value is not { } manifest) return body.Problem!;
        if (!CheckpointRules.IsName(name)) return Problems.Invalid(new FieldError("name", Problems.Shorten(name), $"Allowed is {CheckpointRules.AllowedName}."));
        if (Fault(manifest) is { } fault) return Problems.Malformed(fault);
        manifest = manifest with { Description = manifest.Description with { Name = name } };
        var missing = await store.PublishAsync(name, manifest, http.RequestAborted);
        if (missing.Count > 0)
            return Problems.Conflict($"{missing.Count:N0} blobs are not in the store, or have another length; the first is {missing[0]}. Send them with PUT /v1/blobs/SHA256, then publish again.");
        var digest = manifest.Digest();
        CoordinatorLog.CheckpointPublished(logger, name, digest);
        await known.RefreshAsync(http.RequestAborted);
        dispatcher.Wake();
        var view = known.Find(name)?.View;
        return view is null
            ? Problems.Conflict($"Checkpoint {name} was removed by someone else while it was published. Publish it again.")
            : Results.Json(view, FarmJson.Options, statusCode: StatusCodes.Status201Created).WithLocation($"/v1/checkpoints/{name}/manifest");
    }

    public async Task<IResult> ManifestAsync(HttpContext http, string model)
    {
        var digest = CheckpointRules.IsDigest(model) ? model : (await FindAsync(model, http.RequestAborted))?.Checkpoint.Digest;
        return digest is not null && await store.ManifestAsync(digest, http.RequestAborted) is { } manifest ? Answers.Ok(manifest) : NotFound(model);
    }

    public async Task<IResult> RemoveAsync(HttpContext http, string model)
    {
        if (await FindAsync(model, http.RequestAborted) is not { } found) return NotFound(model);
        await store.RemoveAsync(found.Name, found.Checkpoint.Digest, http.RequestAborted);
        CoordinatorLog.CheckpointRemoved(logger, found.Name, found.Checkpoint.Digest);
        await known.RefreshAsync(http.RequestAborted);
        return Results.NoContent();
    }

    private async Task<StoredCheckpoint?> FindAsync(string model, CancellationToken cancellation)
    {
        await known.RefreshAsync(cancellation);
        return known.Find(model);
    }

    private ProblemResult NotFound(string model) => Problems.NotFound(
        $"The store holds no checkpoint {Problems.Shorten(model)}. It holds: {(known.Entries.Count == 0 ? "none" : string.Join(", ", known.Entries.Select(entry => entry.Name)))}.");

    // What jobs get from it by default has to be what jobs may ask for.
    private static string? Fault(CheckpointManifest manifest)
    {
        var given = manifest.Description;
        if (given.Width is < RenderLimits.MinSide or > RenderLimits.MaxSide || given.Height is < RenderLimits.MinSide or > RenderLimits.MaxSide)
            return $"description has the size {given.Width}×{given.Height}; allowed are sides of {RenderLimits.MinSide}…{RenderLimits.MaxSide:N0} pixels.";
        if (given.SideMultiple is < 1 or > RenderLimits.MaxSide) return $"description.side_multiple is {given.SideMultiple}; allowed are 1…{RenderLimits.MaxSide:N0}.";
        if (given.Steps is < RenderLimits.MinSteps or > RenderLimits.MaxSteps) return $"description.steps is {given.Steps}; allowed are {RenderLimits.MinSteps}…{RenderLimits.MaxSteps:N0}.";
        if (given.GuidanceScale is < RenderLimits.MinGuidanceScale or > RenderLimits.MaxGuidanceScale)
            return $"description.guidance_scale is {given.GuidanceScale}; allowed are {RenderLimits.MinGuidanceScale}…{RenderLimits.MaxGuidanceScale}.";
        if (given.CostFactor is not (> 0 and <= 1_000)) return $"description.cost_factor is {given.CostFactor}; allowed are more than 0 and at most 1,000.";
        return Unknown("sampler", given.Sampler, Samplers.All) ?? Unknown("noise_schedule", given.NoiseSchedule, NoiseSchedules.All)
            ?? Unknown("timestep_spacing", given.TimestepSpacing, TimestepSpacings.All) ?? CheckpointRules.Fault(manifest);
    }

    private static string? Unknown(string field, string value, IEnumerable<string> allowed) =>
        allowed.Contains(value) ? null : $"description.{field} is '{Problems.Shorten(value)}'; allowed are {string.Join(", ", allowed)}.";
}
