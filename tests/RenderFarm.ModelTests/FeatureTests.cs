using RenderFarm.Diffusion;
using RenderFarm.Imaging;
using Xunit;

namespace RenderFarm.ModelTests;

/// <summary>Guidance interval and rescale, variation seeds, image to image and inpainting through the demo checkpoint's whole pipeline.</summary>
public sealed class FeatureTests(DemoPipeline demo) : IClassFixture<DemoPipeline>
{
    private static readonly GenerationRequest Circle = new() { Prompt = "a red circle on a white background", Seed = 42, Steps = 10 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Members_at_their_defaults_change_nothing()
    {
        var written = Circle with
        {
            GuidanceRescale = 0, GuidanceStart = 0, GuidanceEnd = 1, ClipSkip = 1, VariationSeed = 99, VariationStrength = 0, Strength = 0.3,
        };
        Assert.Equal(await Pixels(Circle), await Pixels(written));
    }

    [Fact]
    public async Task Each_member_changes_the_image_and_not_its_neighbours()
    {
        var picture = (await Render(Circle)).Image;
        var requests = new[]
        {
            Circle,
            Circle with { GuidanceStart = 0.2, GuidanceEnd = 0.8 },
            Circle with { GuidanceRescale = 0.7 },
            Circle with { VariationStrength = 0.3, VariationSeed = 5 },
            Circle with { InitialImage = picture, Strength = 0.5, Prompt = "a blue circle on a white background" },
            Circle with { InitialImage = picture, Mask = LeftHalf(picture.Width, picture.Height), Strength = 0.9, Prompt = "a green square", Sampler = "heun" },
        };
        var alone = new List<byte[]>();
        foreach (var request in requests) alone.Add(await Pixels(request));
        Assert.Equal(requests.Length, alone.Select(Convert.ToBase64String).Distinct().Count());
        Assert.Equal(alone, await Task.WhenAll(requests.Select(Pixels)));
    }

    [Fact]
    public async Task Guidance_over_no_turn_is_the_image_without_guidance() =>
        Assert.Equal(await Pixels(Circle with { GuidanceScale = 1 }), await Pixels(Circle with { GuidanceScale = 7, GuidanceStart = 0.5, GuidanceEnd = 0.5 }));

    [Fact]
    public async Task Variation_of_full_strength_begins_where_the_variation_seed_does()
    {
        // A deterministic sampler, so that nothing but the first noise differs; that noise is equal up to its last bit.
        var own = (await Render(Circle with { Seed = 7, Sampler = "ddim" })).Image;
        var varied = (await Render(Circle with { VariationSeed = 7, VariationStrength = 1, Sampler = "ddim" })).Image;
        Assert.True(PeakSignalToNoise.Decibels(own, varied) > 60);
    }

    [Fact]
    public async Task Image_k_of_a_variation_uses_the_variation_seed_plus_k_and_the_same_seed()
    {
        var request = Circle with { VariationSeed = 5, VariationStrength = 0.2 };
        var many = await demo.Pipeline.GenerateManyAsync(request, 3, Cancellation);
        Assert.Equal(await Pixels(request with { VariationSeed = 7 }), many[2].Image.Pixels);
        Assert.All(many, image => Assert.Equal(42u, image.Seed));
    }

    [Fact]
    public async Task Strength_0_gives_the_picture_back_as_the_VAE_keeps_it()
    {
        var picture = (await Render(Circle)).Image;
        var back = (await Render(Circle with { InitialImage = picture, Strength = 0 })).Image;
        Assert.True(PeakSignalToNoise.Decibels(picture, back) > 20);
    }

    [Fact]
    public async Task Inpainting_keeps_what_the_mask_leaves_black()
    {
        var picture = (await Render(Circle)).Image;
        var request = Circle with { InitialImage = picture, Strength = 1, Prompt = "a green square on a black background", Seed = 3 };
        var kept = (await Render(request with { Strength = 0 })).Image;
        var painted = (await Render(request with { Mask = LeftHalf(picture.Width, picture.Height) })).Image;
        // The decoder's attention sees the whole latent, so that kept pixels follow a little when others change.
        var (keptBy, repaintedBy) = (Difference(kept, painted, 40, 64), Difference(kept, painted, 0, 24));
        Assert.True(keptBy < 8 && repaintedBy > 5 * keptBy, FormattableString.Invariant($"kept side changed by {keptBy:F1}, repainted side by {repaintedBy:F1} grey values"));
    }

    public static TheoryData<GenerationRequest, string> Refused => new()
    {
        { Circle with { GuidanceRescale = 1.5 }, "guidance_rescale is 1.5; allowed: 0…1." },
        { Circle with { GuidanceStart = -0.1 }, "guidance_start is -0.1; allowed: 0…1." },
        { Circle with { GuidanceStart = 0.5, GuidanceEnd = 0.4 }, "guidance_end is 0.4; allowed: guidance_start (0.5)…1." },
        { Circle with { GuidanceEnd = double.NaN }, "guidance_end is NaN; allowed: guidance_start (0)…1." },
        { Circle with { VariationStrength = 1.1 }, "variation_strength is 1.1; allowed: 0…1." },
        { Circle with { Strength = -1 }, "strength is -1; allowed: 0…1." },
        { Circle with { Mask = LeftHalf(64, 64) }, "initial_image is missing; allowed: an image, because there is a mask." },
        { Circle with { InitialImage = LeftHalf(64, 32) }, "initial_image is 64×32; allowed: the size of the image to be made, 64×64." },
        { Circle with { InitialImage = LeftHalf(64, 64), Mask = LeftHalf(32, 64) }, "mask is 32×64; allowed: the size of the image to be made, 64×64." },
        {
            Circle with { ClipSkip = 2 },
            "clip_skip is 2; allowed: 1, because this checkpoint's text encoder gives only its last layer (it has no outputs hidden_states.k)."
        },
        {
            Circle with { InitialImage = LeftHalf(64, 64), Sampler = "pndm" },
            "strength: A run of sampler 'pndm' cannot begin at turn 3; it can at turn 0. (Parameter 'firstTurn')"
        },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Bad_member_is_refused_by_name(GenerationRequest request, string message)
    {
        var error = await Assert.ThrowsAsync<GenerationException>(() => Render(request));
        Assert.Equal((GenerationError.BadRequest, message), (error.Error, error.Message));
    }

    private Task<GenerationResult> Render(GenerationRequest request) => demo.Pipeline.GenerateAsync(request, cancellation: Cancellation);

    private async Task<byte[]> Pixels(GenerationRequest request) => (await Render(request)).Image.Pixels;

    private static RgbImage LeftHalf(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = i / 3 % width < width / 2 ? (byte)255 : (byte)0;
        return new RgbImage(width, height, pixels);
    }

    /// <summary>Mean absolute difference of a range of columns, in grey values.</summary>
    private static double Difference(RgbImage a, RgbImage b, int from, int to) => Enumerable.Range(0, a.Pixels.Length)
        .Where(i => i / 3 % a.Width >= from && i / 3 % a.Width < to).Average(i => Math.Abs(a.Pixels[i] - b.Pixels[i]));
}
