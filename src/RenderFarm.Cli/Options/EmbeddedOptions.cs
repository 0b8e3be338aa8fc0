using System.CommandLine;

namespace RenderFarm.Cli.Options;

/// <summary>Options of the commands that start a farm in this program.</summary>
internal static class EmbeddedOptions
{
    public static Option<string[]?> Checkpoints() => new("--model")
    {
        Description = "Checkpoint folder in the diffusers ONNX layout. [default: the demo checkpoint]",
        HelpName = "PATH",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Option<string?> Upscalers() => OptionFactory.Text("--upscalers", "DIR", "Folder of upscalers (NAME.onnx) that --hires-upscaler and hires.upscaler of a job may name. [default: none]");

    public static Option<string?> State(string description) => OptionFactory.Text("--data", "DIR", description);

    public static Option<string?> Device() => OptionFactory.Text("--device", "DEVICE", "Render on auto, cpu, cuda or cuda:N. [default: auto]");
}
