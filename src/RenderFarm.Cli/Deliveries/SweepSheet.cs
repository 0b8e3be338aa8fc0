using RenderFarm.Cli.Client;
using RenderFarm.Cli.Files;

namespace RenderFarm.Cli.Deliveries;

/// <summary>Writes the contact sheet of a sweep.</summary>
internal static class SweepSheet
{
    /// <summary>Draws the images of a sweep that completed or failed in part, and returns the file.</summary>
    /// <returns>Null for a job that is no sweep, was canceled, or is larger than <see cref="SweepGrid.MaxCells"/>, which is said.</returns>
    public static async Task<string?> WriteAsync(CliEnvironment environment, Delivery delivery, string folder, CancellationToken cancellationToken)
    {
        var job = delivery.Job;
        if (!SweepGrid.IsSweep(job.Sweep) || job.Status == JobStatuses.Canceled || delivery.Images.Count == 0) return null;
        if (job.Tasks.Total > SweepGrid.MaxCells)
        {
            environment.Error.WriteLine($"No contact sheet: {job.Tasks.Total} images are more than the {SweepGrid.MaxCells} it can show.");
            return null;
        }

        var grid = SweepGrid.Of(job.Sweep, job.Model);
        var files = new string?[job.Tasks.Total];
        foreach (var image in delivery.Images) files[image.Task.Index] = image.File;
        var sheet = environment.ContactSheet.Draw(grid, files);
        return await environment.Files.WriteAsync(folder, ImageNames.OfContactSheet(job.Id), sheet, cancellationToken);
    }
}
