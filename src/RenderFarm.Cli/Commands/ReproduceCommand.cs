using System.CommandLine;
using System.Globalization;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Embedded;
using RenderFarm.Cli.Files;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Output;
using RenderFarm.Cli.Pictures;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Commands;

/// <summary><c>renderfarm reproduce</c>: renders an image again from what is written in it, and compares.</summary>
internal sealed class ReproduceCommand(CliEnvironment environment, Option<bool> verbose)
{
    private readonly Argument<string> image = new("IMAGE") { Description = "A PNG, JPEG or WebP file that RenderFarm made." };
    private readonly Option<string[]?> checkpoints = EmbeddedOptions.Checkpoints();
    private readonly Option<string?> upscalers = EmbeddedOptions.Upscalers();
    private readonly Option<string?> device = EmbeddedOptions.Device();
    private readonly Option<int?> quality = OptionFactory.Number("--quality", "Quality of a jpeg or webp that was not made with the default.", 1, 100);
    private readonly Option<string?> initImage = OptionFactory.Text("--init-image", "FILE", "The picture it began from, where the farm does not hold it.");
    private readonly Option<string?> mask = OptionFactory.Text("--mask", "FILE", "The mask it was repainted under, where the farm does not hold it.");
    private readonly ServerOption server = new();

    public Command Create()
    {
        var command = new DocumentedCommand(
            "reproduce",
            "Render an image again from the recipe inside it, and compare.",
            "renderfarm reproduce picture.png",
            "renderfarm reproduce picture.png --server http://127.0.0.1:8180",
            "renderfarm reproduce picture.png --init-image photo.png",
            "",
            "Within one execution profile the files are equal (exit code 0); between profiles the pictures are close, and how close is said (1).");
        command.Add(image);
        foreach (var option in (Option[])[checkpoints, upscalers, device, quality, initImage, mask, server.Option]) command.Add(option);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var original = OriginalImage.Read(line.GetRequiredValue(image), environment.Pictures);
        var pictures = OriginalPictures.Read(original, line.GetValue(initImage), line.GetValue(mask));
        var folders = line.GetValue(checkpoints) ?? [];
        var address = folders.Length == 0 && line.GetValue(upscalers) is null ? server.Find(line, environment) : null;
        if (address is not null)
            return await CompareAsync(new FarmClient(environment.Connect(address), environment.Clock), original, pictures, line.GetValue(quality), stop);

        await using var farm = await environment.StartFarm(
            new EmbeddedFarmOptions
            {
                CheckpointFolders = folders,
                UpscalerFolder = line.GetValue(upscalers),
                Device = line.GetValue(device) ?? EmbeddedFarmOptions.AnyDevice,
                Verbose = line.GetValue(verbose),
            },
            stop);
        return await CompareAsync(new FarmClient(farm.Client, environment.Clock), original, pictures, line.GetValue(quality), stop);
    }

    private async Task<int> CompareAsync(FarmClient client, OriginalImage original, OriginalPictures pictures, int? quality, CancellationToken stop)
    {
        await RequireCheckpointAsync(client, original, stop);
        if (HiresUpscalers.FileOf(original.Recipe.Hires?.Upscaler) is { } upscaler) await RequireUpscalerAsync(client, original, upscaler, stop);
        await pictures.ProvideAsync(client, stop);
        var job = await client.SubmitAsync(original.ToRequest(quality), Guid.NewGuid().ToString(), stop);
        await using (var display = ProgressDisplay.For(environment, json: true))
        {
            var follower = new JobFollower(new JobWatch(client, environment.Clock), new RenderProgress(environment.Clock), display);
            job = await follower.FollowAsync(job.Id, (_, _) => Task.CompletedTask, stop);
        }

        if (job.Status != JobStatuses.Completed)
        {
            var reasons = await JobText.FailuresAsync(client, job, stop);
            throw new CommandException(ExitCodes.Failed, string.Join(Environment.NewLine, [JobText.Outcome(job), .. reasons]));
        }

        var task = await client.ListTasksAsync(job.Id, null, stop).FirstAsync(stop);
        return Report(original, task, await client.GetImageAsync(job.Id, 0, stop));
    }

    private static async Task RequireCheckpointAsync(FarmClient client, OriginalImage original, CancellationToken stop)
    {
        var checkpoints = await client.GetCheckpointsAsync(stop);
        if (checkpoints.Any(checkpoint => checkpoint.Digest == original.Recipe.Checkpoint)) return;
        var known = string.Join(", ", checkpoints.Select(checkpoint => $"{checkpoint.Name} ({checkpoint.Digest})"));
        throw new CommandException(
            ExitCodes.Failed,
            $"{original.Path} was rendered with checkpoint {original.Recipe.Checkpoint}; here there is {known}.",
            "Name the folder of that checkpoint with --model, or a farm that holds it with --server.");
    }

    private static async Task RequireUpscalerAsync(FarmClient client, OriginalImage original, string upscaler, CancellationToken stop)
    {
        var held = (await client.GetWorkersAsync(stop)).SelectMany(worker => worker.Upscalers ?? []).Distinct().ToList();
        if (held.Exists(entry => entry.Digest == upscaler)) return;
        var known = held.Count == 0 ? "none" : string.Join(", ", held.Select(entry => $"{entry.Name} ({entry.Digest})"));
        throw new CommandException(
            ExitCodes.Failed, $"{original.Path} was enlarged with the upscaler {upscaler}; here there is {known}.",
            "Name the folder that holds it with --upscalers, or a farm that holds it with --server.");
    }

    private int Report(OriginalImage original, TaskView task, byte[] again)
    {
        if (original.Content.AsSpan().SequenceEqual(again))
        {
            environment.Out.WriteLine($"equal: {original.Path} was rendered again byte for byte (sha256 {task.Sha256}).");
            return ExitCodes.Done;
        }

        environment.Out.WriteLine($"different: {Closeness(environment.Pictures.PsnrDecibels(original.Content, again))}");
        environment.Out.WriteLine(
            original.Profile is null ? $"The file does not say on which execution profile it was rendered; this was {task.Profile}."
            : original.Profile == task.Profile ? $"Both were rendered on execution profile {task.Profile}, where files should be equal."
            : $"The execution profiles differ: {original.Profile} then, {task.Profile} now.");
        return ExitCodes.Failed;
    }

    private static string Closeness(double? decibels) => decibels switch
    {
        null => "the pictures have different sizes.",
        double.PositiveInfinity => "every pixel is equal; only the files around them differ.",
        { } close => string.Create(CultureInfo.InvariantCulture, $"the pictures are close to {close:0.0} dB (PSNR; from 40 dB on eyes see no difference)."),
    };
}
