using System.CommandLine;
using System.Globalization;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;

namespace RenderFarm.Cli.Options;

/// <summary>The options of pictures that go in, and of the second pass: the same for <c>render</c> and <c>submit</c>.</summary>
internal sealed class PictureOptions
{
    public Option<string?> InitImage { get; } = InitImageOption();

    public Option<double[]?> Strength { get; } = OptionFactory.Numbers(
        "--strength", "How much of --init-image is given up, 0 to 1. [default: 0.75]", 0.0, 1.0);

    public Option<string?> Mask { get; } = MaskOption();

    public Option<int?> MaskBlur { get; } = OptionFactory.Number(
        "--mask-blur", "Softening of the mask's edge in pixels. [default: 4]", 0, RenderLimits.MaxMaskBlur);

    public Option<string?> InpaintArea { get; } = OptionFactory.Choice(
        "--inpaint-area", "Work on the whole picture, or on the masked box alone, enlarged. [default: whole]", InpaintAreas.All);

    public Option<int?> InpaintPadding { get; } = OptionFactory.Number(
        "--inpaint-padding", "Pixels around the mask's box with --inpaint-area masked. [default: 32]", 0, RenderLimits.MaxInpaintPadding);

    public Option<string?> InpaintFill { get; } = OptionFactory.Choice(
        "--inpaint-fill", "What the masked area holds at first. [default: original]", InpaintFills.All);

    public Option<OutpaintMargins?> Outpaint { get; } = OutpaintOption();

    public Option<int?> UpscaleNoiseLevel { get; } = OptionFactory.Number(
        "--upscale-noise-level", "Noise level at which an upscaling checkpoint sees --init-image. [default: 20]", 0, RenderLimits.MaxUpscaleNoiseLevel);

    public Option<double?> HiresScale { get; } = OptionFactory.Number(
        "--hires-scale", "Size of a second pass over the first. [default: 1, none]", RenderLimits.MinHiresScale, RenderLimits.MaxHiresScale);

    public Option<string?> HiresUpscaler { get; } = OptionFactory.Text(
        "--hires-upscaler", "WAY", "How the first pass is enlarged: latent, lanczos, or an upscaler of the farm by name or digest. [default: latent]");

    public Option<int?> HiresSteps { get; } = OptionFactory.Number(
        "--hires-steps", "Steps of the second pass. [default: as many as the first]", RenderLimits.MinSteps, RenderLimits.MaxSteps);

    public Option<double?> HiresStrength { get; } = OptionFactory.Number(
        "--hires-strength", "How much of the first pass is given up, 0 to 1. [default: 0.7]", 0.0, 1.0);

    /// <summary>Gives a command these options.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[InitImage, Strength, Mask, MaskBlur, InpaintArea, InpaintPadding, InpaintFill, Outpaint,
            UpscaleNoiseLevel, HiresScale, HiresUpscaler, HiresSteps, HiresStrength]) command.Add(option);
        command.Validators.Add(line =>
        {
            if (line.GetResult(HiresScale) is not null) return;
            foreach (var option in (Option[])[HiresUpscaler, HiresSteps, HiresStrength])
            {
                if (line.GetResult(option) is not null) line.AddError($"{option.Name} needs --hires-scale: without it there is no second pass.");
            }
        });
    }

    /// <summary>Adds what the command line asks for. Pictures are named as they were given; <see cref="Commands.PictureUpload"/> turns files into digests.</summary>
    public SubmitJob AddTo(SubmitJob request, ParseResult line) => request with
    {
        InitImage = line.GetValue(InitImage),
        Strength = RenderOptions.OneOrMany(line.GetValue(Strength)),
        Mask = line.GetValue(Mask),
        MaskBlur = line.GetValue(MaskBlur),
        InpaintArea = line.GetValue(InpaintArea),
        InpaintPadding = line.GetValue(InpaintPadding),
        InpaintFill = line.GetValue(InpaintFill),
        Outpaint = line.GetValue(Outpaint),
        UpscaleNoiseLevel = line.GetValue(UpscaleNoiseLevel),
        Hires = line.GetValue(HiresScale) is not { } scale ? null : new HiresSettings
        {
            Scale = scale,
            Upscaler = line.GetValue(HiresUpscaler),
            Steps = line.GetValue(HiresSteps),
            Strength = line.GetValue(HiresStrength),
        },
    };

    /// <summary>The option that names a picture to begin from.</summary>
    public static Option<string?> InitImageOption() => OptionFactory.Text(
        "--init-image", "FILE", "A picture to begin from: a PNG, JPEG or WebP file, or the digest that inputs push printed.");

    /// <summary>The option that names a mask.</summary>
    public static Option<string?> MaskOption() => OptionFactory.Text("--mask", "FILE", "Where --init-image is repainted: white for yes, black for no.");

    private static Option<OutpaintMargins?> OutpaintOption() => new("--outpaint")
    {
        Description = "Pixels to add at each side of --init-image, to be painted.",
        HelpName = "LEFT,TOP,RIGHT,BOTTOM",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            var given = result.Tokens[0].Value;
            int?[] sides = [.. given.Split(',').Select(Side)];
            if (sides is [{ } left, { } top, { } right, { } bottom]) return new OutpaintMargins { Left = left, Top = top, Right = right, Bottom = bottom };
            OptionFactory.Refuse(result, "--outpaint", given, $"four whole numbers from 0 to {RenderLimits.MaxSide}, as in 32,0,32,0");
            return null;
        },
    };

    private static int? Side(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var side) && side <= RenderLimits.MaxSide ? side : null;
}
