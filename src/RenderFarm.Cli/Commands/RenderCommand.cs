using System.CommandLine;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Deliveries;
using RenderFarm.Cli.Embedded;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Output;
using RenderFarm.Cli.Pictures;

namespace RenderFarm.Cli.Commands;

/// <summary><c>renderfarm render</c>: starts a farm in this program, renders one job on it and leaves.</summary>
internal sealed class RenderCommand(CliEnvironment environment, Option<bool> verbose)
{
    private readonly RenderOptions render = new();
    private readonly Option<string[]?> checkpoints = EmbeddedOptions.Checkpoints();
    private readonly Option<string?> upscalers = EmbeddedOptions.Upscalers();
    private readonly Option<string?> device = EmbeddedOptions.Device();
    private readonly Option<string?> output = OptionFactory.Text("--out", "DIR", "Folder for the images. [default: the current one]");
    private readonly Option<string?> state = EmbeddedOptions.State("Keep record and images here. [default: a temporary folder]");
    private readonly Option<bool> json = OptionFactory.Flag("--json", "Print one JSON document instead of the list of files.");

    public Command Create()
    {
        var command = new DocumentedCommand(
            "render",
            "Render images on this computer.",
            "renderfarm render \"a red circle\" --images 4 --seed 42",
            "renderfarm render \"a cat\" \"a dog\" --steps 10,25 --sampler euler,dpmpp_2m --seed 7   (a sweep: 8 images and a contact sheet)",
            "renderfarm render \"a blue circle\" --init-image photo.png --strength 0.5,0.75",
            "",
            "Comma lists make a sweep; its images come in the order prompt, sampler, steps, guidance, seed, image, the last fastest.",
            "Files are named JOB-INDEX-SEED.png. A file is never overwritten: where the name is taken, the new one ends in -2, -3 …",
            "Ctrl-C cancels the job and keeps what is finished. Exit codes: 0 done, 1 something failed, 2 wrong use.");
        render.AddTo(command);
        foreach (var option in (Option[])[checkpoints, upscalers, device, output, state, json]) command.Add(option);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var pictures = PictureUpload.Read(render.ToRequest(line));
        var folder = line.GetValue(output) ?? ".";
        environment.Files.Prepare(folder);

        await using var farm = await environment.StartFarm(
            new EmbeddedFarmOptions
            {
                DataFolder = line.GetValue(state),
                CheckpointFolders = line.GetValue(checkpoints) ?? [],
                UpscalerFolder = line.GetValue(upscalers),
                Device = line.GetValue(device) ?? EmbeddedFarmOptions.AnyDevice,
                Verbose = line.GetValue(verbose),
            },
            stop);
        var client = new FarmClient(farm.Client, environment.Clock);
        var job = await client.SubmitAsync(await pictures.SendAsync(client, stop), Guid.NewGuid().ToString(), stop);
        var delivery = await new JobDelivery(environment, client, folder, line.GetValue(json)).RunAsync(job, stop);
        var sheet = await SweepSheet.WriteAsync(environment, delivery, folder, CancellationToken.None);
        return new DeliveryReport(environment, folder).Write(delivery, sheet, line.GetValue(json));
    }
}
