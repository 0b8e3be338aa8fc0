using System.Security.Cryptography;
using RenderFarm.Cli.Client;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Files;

/// <summary>A finished image and the file it is in.</summary>
internal sealed record SavedImage(TaskView Task, string File, bool WasThere);

/// <summary>
/// Brings the finished images of one job into a folder, each once, however often it is told of them. A file that is there already with the
/// right checksum is not fetched again.
/// </summary>
internal sealed class ImageCollector(FarmClient client, ImageFileWriter writer, string folder, JobView job)
{
    private readonly SortedDictionary<int, SavedImage> saved = [];

    /// <summary>What was saved, by index.</summary>
    public IReadOnlyCollection<SavedImage> Saved => saved.Values;

    /// <summary>Saves one finished image.</summary>
    /// <exception cref="CommandException">It could not be fetched or written.</exception>
    public async Task SaveAsync(TaskView task, CancellationToken cancellationToken)
    {
        if (saved.ContainsKey(task.Index)) return;
        var name = ImageNames.Of(job.Id, task.Index, job.Tasks.Total, task.Recipe.Seed, job.Format);
        if (task.Sha256 is { } sha256 && ImageFileWriter.Find(folder, name, sha256) is { } there)
        {
            saved[task.Index] = new SavedImage(task, there, WasThere: true);
            return;
        }

        var bytes = await FetchAsync(task, cancellationToken);
        saved[task.Index] = new SavedImage(task, await writer.WriteAsync(folder, name, bytes, cancellationToken), WasThere: false);
    }

    /// <summary>Saves every finished image that has not been saved yet, and returns those that failed.</summary>
    public async Task<IReadOnlyList<TaskView>> SaveRestAsync(CancellationToken cancellationToken)
    {
        var failures = new List<TaskView>();
        await foreach (var task in client.ListTasksAsync(job.Id, null, cancellationToken))
        {
            if (task.Status == JobStatuses.Completed) await SaveAsync(task, cancellationToken);
            else if (task.Status == JobStatuses.Failed) failures.Add(task);
        }

        return failures;
    }

    private async Task<byte[]> FetchAsync(TaskView task, CancellationToken cancellationToken)
    {
        var bytes = await client.GetImageAsync(job.Id, task.Index, cancellationToken);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return task.Sha256 is null || task.Sha256 == sha256
            ? bytes
            : throw new CommandException(
                ExitCodes.Failed,
                $"Image {task.Index} of job {job.Id} arrived damaged: its SHA-256 is {sha256}, recorded is {task.Sha256}.",
                $"Fetch it again with: renderfarm download {job.Id}");
    }
}
