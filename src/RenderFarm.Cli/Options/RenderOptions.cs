using System.CommandLine;
using System.CommandLine.Parsing;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Options;

/// <summary>The options that say what to render: the same for <c>render</c> and <c>submit</c>.</summary>
internal sealed class RenderOptions
{
    public Argument<string[]> Prompts { get; } = new("PROMPT")
    {
        Description = "What the images should show; several prompts make a sweep.",
        Arity = ArgumentArity.OneOrMore,
    };

    public Option<string?> Negative { get; } = OptionFactory.Text("--negative", "TEXT", "What guidance leads away from.");

    public Option<string?> Syntax { get; } = OptionFactory.Choice(
        "--prompt-syntax", "Brackets as weights and prompts of any length, or plain text of 77 tokens. [default: a1111]", PromptSyntaxes.All);

    public Option<int?> ClipSkip { get; } = OptionFactory.Number(
        "--clip-skip", "Layer of the text encoder, counted from its end. [default: 1, the last]", 1, RenderLimits.MaxClipSkip);

    public Option<int?> Images { get; } = OptionFactory.Number(
        "--images", "Images of each cell; image k has seed+k. [default: 1]", 1, RenderLimits.MaxImagesPerCell);

    public Option<long[]?> Seed { get; } = OptionFactory.Numbers<long>("--seed", "Seeds, 0 to 4294967295. [default: drawn once]", 0, uint.MaxValue);

    public Option<long?> VariationSeed { get; } = OptionFactory.Number<long>(
        "--variation-seed", "Seed to vary towards; image k has variation seed+k, and all have the same seed. [default: drawn once]", 0, uint.MaxValue);

    public Option<double?> VariationStrength { get; } = OptionFactory.Number(
        "--variation-strength", "How far to vary, 0 to 1. [default: 0]", 0.0, 1.0);

    public Option<int[]?> Steps { get; } = OptionFactory.Numbers(
        "--steps", "Step counts, 1 to 1000. [default: the model's]", RenderLimits.MinSteps, RenderLimits.MaxSteps);

    public Option<string[]?> Sampler { get; } = SamplerOption();

    public Option<string?> NoiseSchedule { get; } = OptionFactory.Choice(
        "--noise-schedule", "How noise levels are chosen. [default: the model's]", NoiseSchedules.All);

    public Option<string?> Spacing { get; } = OptionFactory.Choice(
        "--spacing", "How timesteps are spread. [default: the model's]", TimestepSpacings.All);

    public Option<double?> Eta { get; } = OptionFactory.Number("--eta", "Stochasticity of ddim, 0 to 1. [default: 0]", 0.0, 1.0);

    public Option<double[]?> Guidance { get; } = OptionFactory.Numbers(
        "--guidance", "Guidance scales, 0 to 50; up to 1 guidance is off. [default: the model's]",
        RenderLimits.MinGuidanceScale, RenderLimits.MaxGuidanceScale);

    public Option<double?> GuidanceRescale { get; } = OptionFactory.Number(
        "--guidance-rescale", "Takes back the contrast that a large guidance scale adds, 0 to 1. [default: 0]", 0.0, 1.0);

    public Option<double?> GuidanceStart { get; } = OptionFactory.Number(
        "--guidance-start", "Fraction of the steps after which guidance begins. [default: 0]", 0.0, 1.0);

    public Option<double?> GuidanceEnd { get; } = OptionFactory.Number(
        "--guidance-end", "Fraction of the steps after which guidance ends. [default: 1]", 0.0, 1.0);

    public Option<int?> Width { get; } = OptionFactory.Number(
        "--width", "Width in pixels, 16 to 2048, a multiple of 8. [default: the model's]", RenderLimits.MinSide, RenderLimits.MaxSide);

    public Option<int?> Height { get; } = OptionFactory.Number(
        "--height", "Height in pixels, 16 to 2048, a multiple of 8. [default: the model's]", RenderLimits.MinSide, RenderLimits.MaxSide);

    public Option<string?> Noise { get; } = OptionFactory.Choice("--noise", "Whose noise bits to draw. [default: torch_cpu]", NoiseSources.All);

    public Option<string?> Determinism { get; } = OptionFactory.Choice(
        "--determinism", "One execution profile for all images, or any device. [default: reproducible]", DeterminismClasses.All);

    public Option<string?> Format { get; } = OptionFactory.Choice("--format", "File format. [default: png]", ImageFormats.All);

    public Option<int?> Quality { get; } = OptionFactory.Number("--quality", "Quality of jpeg (default 95) and webp (default 90).", 1, 100);

    public PictureOptions Pictures { get; } = new();

    /// <summary>Gives a command these options.</summary>
    public void AddTo(Command command)
    {
        command.Add(Prompts);
        foreach (var option in (Option[])[Negative, Images, Seed, Steps, Sampler, Guidance, Width, Height,
            Syntax, ClipSkip, VariationSeed, VariationStrength, GuidanceRescale, GuidanceStart, GuidanceEnd, NoiseSchedule, Spacing, Eta, Noise, Determinism, Format, Quality]) command.Add(option);
        Pictures.AddTo(command);
        Prompts.Validators.Add(RefuseUnknownOptions);
    }

    /// <summary>The request that the command line asks for. What it leaves out stays out: the farm knows the defaults.</summary>
    public SubmitJob ToRequest(ParseResult line) => Pictures.AddTo(ToTextRequest(line), line);

    /// <summary>A setting that was given once or as a list; null where it was not given.</summary>
    public static OneOrMany<T>? OneOrMany<T>(T[]? values) => values switch
    {
        null or [] => null,
        [var single] => single,
        _ => values,
    };

    private SubmitJob ToTextRequest(ParseResult line) => new()
    {
        Prompt = OneOrMany(line.GetRequiredValue(Prompts))!,
        NegativePrompt = line.GetValue(Negative),
        PromptSyntax = line.GetValue(Syntax),
        ClipSkip = line.GetValue(ClipSkip),
        Images = line.GetValue(Images),
        Seed = OneOrMany(line.GetValue(Seed)),
        VariationSeed = line.GetValue(VariationSeed),
        VariationStrength = line.GetValue(VariationStrength),
        Steps = OneOrMany(line.GetValue(Steps)),
        Sampler = OneOrMany(line.GetValue(Sampler)),
        NoiseSchedule = line.GetValue(NoiseSchedule),
        TimestepSpacing = line.GetValue(Spacing),
        Eta = line.GetValue(Eta),
        GuidanceScale = OneOrMany(line.GetValue(Guidance)),
        GuidanceRescale = line.GetValue(GuidanceRescale),
        GuidanceStart = line.GetValue(GuidanceStart),
        GuidanceEnd = line.GetValue(GuidanceEnd),
        Width = line.GetValue(Width),
        Height = line.GetValue(Height),
        NoiseSource = line.GetValue(Noise),
        Determinism = line.GetValue(Determinism),
        Format = line.GetValue(Format),
        Quality = line.GetValue(Quality),
    };

    private static Option<string[]?> SamplerOption() => new("--sampler")
    {
        Description = $"Samplers: {string.Join(", ", Samplers.All)}, or a name that A1111 uses. [default: the model's]",
        HelpName = "NAME,NAME…",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result =>
        {
            var names = OptionFactory.Split(result).ToArray();
            foreach (var name in names.Where(name => Samplers.Resolve(name) is null))
                OptionFactory.Refuse(result, "--sampler", name, OptionFactory.OneOf(Samplers.All) + (Samplers.NearTo(name) is { Count: > 0 } near ? $"; near it are {string.Join(" and ", near)}" : ""));
            return names;
        },
    };

    // The parser takes an option it does not know for one more prompt; a misspelt option must not become a picture.
    private static void RefuseUnknownOptions(ArgumentResult result)
    {
        foreach (var prompt in result.Tokens.Where(token => token.Value is ['-', '-' or (>= 'a' and <= 'z'), ..]))
            result.AddError($"Unknown option '{prompt.Value}'. A prompt that starts with a hyphen needs a space before it.");
    }
}
