using System.Security.Cryptography;
using System.Text;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Tests.Contracts;

namespace RenderFarm.Tests.Cli.Testing;

/// <summary>A job of a few images whose files are short texts, with the answers a farm gives about it.</summary>
internal sealed class SampleJob
{
    public SampleJob(int images, string format = ImageFormats.Png, SweepView? sweep = null)
    {
        Sweep = sweep ?? Sample.JobView.Sweep with { Prompts = ["a red circle"], Images = images };
        Queued = Sample.JobView with
        {
            Status = "queued",
            Label = null,
            Waiting = null,
            Format = format,
            EtaSeconds = null,
            Tasks = new TaskCounts(images, images, 0, 0, 0, 0, 0),
            Sweep = Sweep,
        };
        Completed = Queued with { Status = "completed", Tasks = new TaskCounts(images, 0, 0, 0, images, 0, 0), EndedAt = Sample.Time.AddSeconds(4) };
    }

    public SweepView Sweep { get; }

    public JobView Queued { get; }

    public JobView Completed { get; }

    public static string Path => $"/v1/jobs/{Sample.Job}";

    /// <summary>The file of an image.</summary>
    public static byte[] File(int index) => Encoding.UTF8.GetBytes($"image {index}");

    /// <summary>An image that was finished.</summary>
    public static TaskView Done(int index)
    {
        var recipe = Sample.Recipe with { Seed = 7 + (uint)index };
        return Sample.Task with
        {
            Index = index,
            Recipe = recipe,
            RecipeId = recipe.Id(),
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(File(index))),
            ImageUrl = $"/v1/jobs/{Sample.Job}/images/{index}",
        };
    }

    /// <summary>An image that failed.</summary>
    public static TaskView Failed(int index) => Sample.FailedTask with { Index = index, Recipe = Done(index).Recipe };

    /// <summary>The event of a finished image, with the counts after it.</summary>
    public string DoneEvent(int index) => ScriptedFarm.Event(
        JobEventNames.TaskCompleted, new TaskEndedEvent(Done(index), Counts(completed: index + 1)), (index + 1).ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Counts of the job after so many ends.</summary>
    public TaskCounts Counts(int completed, int failed = 0) =>
        new(Queued.Tasks.Total, Queued.Tasks.Total - completed - failed, 0, 0, completed, failed, 0);

    /// <summary>Scripts a farm on which this job runs to its end without trouble.</summary>
    public ScriptedFarm Script(ScriptedFarm farm)
    {
        var total = Queued.Tasks.Total;
        farm.On("POST", "/v1/jobs", ScriptedFarm.Json(Queued, 202));
        farm.On("GET", Path, ScriptedFarm.Json(Completed));
        farm.On("GET", Path + "/tasks", ScriptedFarm.Json(new Page<TaskView>([.. Enumerable.Range(0, total).Select(Done)], null)));
        farm.On("GET", Path + "/events", ScriptedFarm.Events(
        [
            ScriptedFarm.Event(JobEventNames.Snapshot, Queued),
            .. Enumerable.Range(0, total).Select(DoneEvent),
            ScriptedFarm.Event(JobEventNames.JobCompleted, Completed, "99"),
        ]));
        for (var i = 0; i < total; i++) farm.On("GET", $"{Path}/images/{i}", ScriptedFarm.Bytes(File(i)));
        farm.On("GET", "/v1/checkpoints", ScriptedFarm.Json(new Page<CheckpointView>([Sample.CheckpointView], null)));
        return farm;
    }
}
