using System.CommandLine;
using System.Text.Json;
using RenderFarm.Cli.Client;
using RenderFarm.Cli.Options;
using RenderFarm.Cli.Pictures;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Commands;

/// <summary><c>renderfarm inputs push</c>: sends pictures to a farm, for jobs to begin from.</summary>
internal sealed class InputsCommand(CliEnvironment environment)
{
    private readonly Argument<string[]> files = new("FILE") { Description = "PNG, JPEG or WebP files.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> json = OptionFactory.Flag("--json", "Print the pictures as one JSON array.");
    private readonly ServerOption server = new();

    public Command Create() => new DocumentedCommand(
        "inputs",
        "Pictures that jobs begin from.",
        "renderfarm inputs push photo.jpg --server http://127.0.0.1:8180",
        "renderfarm submit \"a red circle\" --init-image sha256:… --strength 0.5 --server http://127.0.0.1:8180")
    {
        Push(),
    };

    private DocumentedCommand Push()
    {
        var push = new DocumentedCommand(
            "push",
            "Send pictures to a farm and print their digests.",
            "renderfarm inputs push photo.jpg mask.png --server http://127.0.0.1:8180",
            "",
            "The farm keeps the pixels alone. Sending the same pixels again prints the same digest and changes nothing.");
        push.Add(files);
        push.Add(json);
        push.Add(server.Option);
        push.SetAction(RunAsync);
        return push;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var client = server.Connect(line, environment);
        var read = line.GetRequiredValue(files).Select(path => (Path: path, Content: PictureUpload.ReadFile("FILE", path))).ToList();
        List<InputView> pictures = [];
        foreach (var (path, content) in read)
        {
            var picture = await PictureUpload.SendFileAsync(client, "FILE", path, content, stop);
            pictures.Add(picture);
            if (!line.GetValue(json)) await environment.Out.WriteLineAsync(picture.Digest);
        }

        if (line.GetValue(json)) await environment.Out.WriteLineAsync(JsonSerializer.Serialize(pictures, ClientJson.Indented));
        return ExitCodes.Done;
    }
}
