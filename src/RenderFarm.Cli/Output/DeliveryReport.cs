using System.Globalization;
using System.Text.Json;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Commands;
using RenderFarm.Cli.Deliveries;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Output;

/// <summary>Says what came of a job, for people or for programs, and which exit code that is.</summary>
internal sealed class DeliveryReport(CliEnvironment environment, string folder)
{
    /// <summary>Writes the report and returns the exit code.</summary>
    public int Write(Delivery delivery, string? contactSheet, bool json)
    {
        if (json) environment.Out.WriteLine(JsonSerializer.Serialize(ToDocument(delivery, contactSheet), ClientJson.Indented));
        else WriteFiles(delivery, contactSheet);
        return WriteOutcome(delivery);
    }

    /// <summary>The document that <c>--json</c> prints.</summary>
    public static DeliveryDocument ToDocument(Delivery delivery, string? contactSheet) => new(
        delivery.Job,
        [
            .. delivery.Images.Select(image => new ImageDocument(
                image.Task.Index, Path.GetFullPath(image.File), image.Task.Recipe.Seed, image.Task.Recipe, image.Task.RecipeId,
                image.Task.Sha256, image.Task.RenderSeconds, image.Task.Profile, image.Task.SafetyFlag, image.Task.SafetyScore)),
        ],
        [.. delivery.Failures.Select(task => new FailureDocument(task.Index, task.Recipe.Seed, task.Failure?.Code, task.Failure?.Detail))],
        contactSheet is null ? null : Path.GetFullPath(contactSheet),
        Math.Round(delivery.Elapsed.TotalSeconds, 3));

    private void WriteFiles(Delivery delivery, string? contactSheet)
    {
        foreach (var image in delivery.Images)
            environment.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{image.File}  seed {image.Task.Recipe.Seed}{(image.Task.SafetyFlag == true ? "  flagged by the checkpoint's safety checker" : "")}"));
        if (contactSheet is not null) environment.Out.WriteLine($"{contactSheet}  contact sheet");
    }

    private int WriteOutcome(Delivery delivery)
    {
        var job = delivery.Job;
        foreach (var task in delivery.Failures)
            environment.Error.WriteLine($"error: image {task.Index} (seed {task.Recipe.Seed}) failed: {task.Failure?.Detail ?? task.Failure?.Code}");
        if (job.Status == JobStatuses.Completed && delivery.Images.Count == job.Tasks.Total) return ExitCodes.Done;

        var kept = delivery.Images.Count == 0
            ? "no image was finished."
            : $"{delivery.Images.Count} of {job.Tasks.Total} images were finished and are kept in {Path.GetFullPath(folder)}.";
        var what = job.Status == JobStatuses.Failed ? $"{job.Tasks.Failed} of {job.Tasks.Total} images failed" : "canceled";
        environment.Error.WriteLine($"error: {what}; {kept}");
        return ExitCodes.Failed;
    }
}

/// <summary>What <c>--json</c> prints.</summary>
/// <param name="Job">The job as it ended.</param>
/// <param name="Images">Its finished images, by index.</param>
/// <param name="Failures">Its failed images, by index.</param>
/// <param name="ContactSheet">The contact sheet's file; null when there is none.</param>
/// <param name="Seconds">From the submission to the last file.</param>
internal sealed record DeliveryDocument(
    JobView Job, IReadOnlyList<ImageDocument> Images, IReadOnlyList<FailureDocument> Failures, string? ContactSheet, double Seconds);

/// <summary>One image.</summary>
/// <param name="Index">Index within the job, from 0.</param>
/// <param name="File">Absolute path.</param>
/// <param name="Seed">The image's own seed.</param>
/// <param name="Recipe">Everything that determines it.</param>
/// <param name="RecipeId">SHA-256 of the canonical recipe.</param>
/// <param name="Sha256">SHA-256 of the file.</param>
/// <param name="Seconds">From the engine slot to the finished pixels.</param>
/// <param name="Profile">Execution profile it was rendered on.</param>
/// <param name="SafetyFlag">Whether the checkpoint's safety checker holds it to be unsafe; null where there is none.</param>
/// <param name="SafetyScore">The checker's score; null where there is none.</param>
internal sealed record ImageDocument(
    int Index, string File, uint Seed, Recipe Recipe, string RecipeId, string? Sha256, double? Seconds, string? Profile, bool? SafetyFlag, double? SafetyScore);

/// <summary>One image that failed.</summary>
internal sealed record FailureDocument(int Index, uint Seed, string? Code, string? Detail);
