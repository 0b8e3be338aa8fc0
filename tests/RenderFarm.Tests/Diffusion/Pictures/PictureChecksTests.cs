using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Imaging;
using RenderFarm.Testing;
using Xunit;
using Drawn = RenderFarm.Tests.Imaging.Pictures;

namespace RenderFarm.Tests.Diffusion.Pictures;

/// <summary>What may be asked of pictures, against a checkpoint of 64×64 pixels whose sides are multiples of 16.</summary>
public sealed class PictureChecksTests
{
    private static readonly Checkpoint Demo = Checkpoint.Open(Repository.DemoCheckpoint);
    private static readonly RgbImage Square = Drawn.Solid(64, 64, 9, 9, 9);
    private static readonly RgbImage Wide = Drawn.Solid(96, 64, 9, 9, 9);
    private static readonly GenerationRequest Text = new() { Prompt = "a", Steps = 10 };
    private static readonly GenerationRequest Painted = Text with { InitialImage = Square, Mask = Square };

    public static TheoryData<GenerationRequest, string> Refused => new()
    {
        { Painted with { MaskBlur = -1 }, "mask_blur is -1; allowed: 0…64." },
        { Painted with { MaskBlur = 65 }, "mask_blur is 65; allowed: 0…64." },
        { Painted with { InpaintArea = "part" }, "inpaint_area is part; allowed: whole, masked." },
        { Painted with { InpaintPadding = 513 }, "inpaint_padding is 513; allowed: 0…512." },
        { Painted with { InpaintFill = "red" }, "inpaint_fill is red; allowed: original, fill, noise, nothing." },
        { Text with { UpscaleNoiseLevel = 351 }, "upscale_noise_level is 351; allowed: 0…350." },
        { Text with { InitialImage = Square, InpaintArea = "masked" }, "mask is missing; allowed: an image, because inpaint_area is masked." },
        { Text with { InitialImage = Square, InpaintFill = "noise" }, "mask is missing; allowed: an image, because inpaint_fill is noise." },
        { Text with { Outpaint = new(16, 0, 0, 0) }, "initial_image is missing; allowed: an image, because outpaint says how it grows." },
        { Text with { InitialImage = Square, Outpaint = new(8, 0, 0, 0) }, "outpaint.left is 8; allowed: 0 or a positive multiple of 16." },
        { Text with { InitialImage = Square, Outpaint = new(0, 0, 0, -16) }, "outpaint.bottom is -16; allowed: 0 or a positive multiple of 16." },
        { Text with { InitialImage = Square, Outpaint = new(0, 0, 0, 0) }, "outpaint is 0 on every side; allowed: at least one margin greater than 0." },
        {
            Painted with { Outpaint = new(16, 0, 0, 0), InpaintArea = "masked" },
            "inpaint_area is masked; allowed: whole, because the canvas grows (outpaint)."
        },
        {
            Text with { InitialImage = Square, Outpaint = new(16, 0, 16, 0), Width = 80, Height = 64 },
            "initial_image is 64×64; allowed: the size of the image to be made less the margins, 48×64."
        },
        {
            Painted with { Outpaint = new(16, 0, 0, 0), Mask = Wide },
            "mask is 96×64; allowed: the size of initial_image, 64×64."
        },
        { Painted with { InpaintArea = "masked", Mask = Wide }, "mask is 96×64; allowed: the size of initial_image, 64×64." },
        { Text with { HiresScale = 0.5 }, "hires_scale is 0.5; allowed: 1…4." },
        { Text with { HiresScale = double.NaN }, "hires_scale is NaN; allowed: 1…4." },
        { Text with { HiresScale = 2, HiresStrength = 1.5 }, "hires_strength is 1.5; allowed: 0…1." },
        { Text with { HiresScale = 2, HiresSteps = 0 }, "hires_steps is 0; allowed: 1…1000." },
        { Text with { HiresScale = 2, HiresUpscaler = "" }, "hires_upscaler is empty; allowed: latent, lanczos or the name of an upscaler." },
        {
            Text with { HiresScale = 2, HiresStrength = 0.001 },
            "hires_strength is 0.001; allowed: at least 0.01, because 10 steps are to be run of a schedule of at most 1000."
        },
        {
            Text with { HiresScale = 2, InitialImage = Square },
            "hires_scale is 2; allowed: 1, because there is an initial_image (the second pass is for text to image)."
        },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Bad_member_is_refused_by_name(GenerationRequest request, string message)
    {
        var error = Assert.Throws<GenerationException>(() => GenerationSettings.From(request, Demo));
        Assert.Equal((GenerationError.BadRequest, message), (error.Error, error.Message));
    }

    [Fact]
    public void Picture_that_grows_says_itself_how_large_the_image_is()
    {
        var settings = GenerationSettings.From(Text with { InitialImage = Wide, Outpaint = new(16, 0, 32, 48) }, Demo);
        Assert.Equal((144, 112), (settings.Width, settings.Height));
    }

    [Fact]
    public void Picture_repainted_in_its_masked_part_may_have_any_size()
    {
        var settings = GenerationSettings.From(Text with { InitialImage = Wide, Mask = Wide, InpaintArea = "masked" }, Demo);
        Assert.Equal((64, 64), (settings.Width, settings.Height));
    }

    [Theory]
    [InlineData(1.0, 10)]
    [InlineData(0.7, 14)]
    [InlineData(0.5, 20)]
    [InlineData(0.33, 30)]
    public void Second_pass_runs_as_many_steps_as_it_is_told_however_strong_it_is(double strength, int whole)
    {
        var hires = GenerationSettings.From(Text with { HiresScale = 1.5, HiresStrength = strength }, Demo).Hires!;
        Assert.Equal((96, 96, whole), (hires.Width, hires.Height, hires.Sampler!.Steps));
        Assert.Equal(10, (int)(whole * hires.RunShare));
    }

    [Theory]
    [InlineData(1.1, 64)]
    [InlineData(1.2, 80)]
    [InlineData(4, 256)]
    public void Sides_of_the_second_pass_are_the_nearest_that_the_checkpoint_takes(double scale, int side) =>
        Assert.Equal(side, GenerationSettings.From(Text with { HiresScale = scale }, Demo).Hires!.Width);

    [Fact]
    public void Second_pass_is_off_by_default_and_paints_nothing_at_strength_0()
    {
        Assert.Null(GenerationSettings.From(Text, Demo).Hires);
        Assert.Null(GenerationSettings.From(Text with { HiresScale = 2, HiresStrength = 0 }, Demo).Hires!.Sampler);
    }
}
