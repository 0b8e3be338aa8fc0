using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsCheck;
using RenderFarm.Contracts;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.Tests.Contracts;

public sealed class RecipeTests
{
    // No image has all of these at once; the shape does.
    private static readonly Recipe Painted = Sample.Recipe with
    {
        InitImage = "sha256:" + new string('1', 64),
        Strength = 0,
        Mask = "sha256:" + new string('2', 64),
        MaskBlur = 0,
        InpaintArea = InpaintAreas.Masked,
        InpaintPadding = 0,
        InpaintFill = InpaintFills.Nothing,
        Outpaint = new OutpaintMargins { Left = 8, Top = 16, Right = 24, Bottom = 32 },
        Hires = new HiresPass { Scale = 1.5, Upscaler = HiresUpscalers.Lanczos, Steps = 10, Strength = 0.5 },
    };

    private sealed record PinnedRecipe(string CanonicalJson, string Id);

    [Fact]
    public void Recipe_id_stays_what_it_was_when_it_was_pinned()
    {
        var path = Repository.PathTo("tests", "RenderFarm.Tests", "Contracts", "Pinned", "recipe.json");
        var pinned = JsonSerializer.Deserialize<PinnedRecipe>(File.ReadAllText(path), JsonSerializerOptions.Web)!;
        Assert.Equal(pinned.CanonicalJson, Sample.Recipe.ToCanonicalJson());
        Assert.Equal(pinned.Id, Sample.Recipe.Id());
    }

    [Fact]
    public void Recipe_id_is_the_SHA_256_of_the_canonical_UTF_8_bytes() =>
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sample.Recipe.ToCanonicalJson()))), Sample.Recipe.Id());

    [Fact]
    public void Recipe_reads_back_from_its_canonical_JSON() =>
        Gen.Select(Gen.String, Gen.UInt, Gen.Double[0, 50], Gen.Double[0, 1])
            .Where(values => CanonicalJson.IsWellFormed(values.Item1))
            .Sample(values =>
            {
                var (prompt, seed, guidance, eta) = values;
                var recipe = Sample.Recipe with { Prompt = prompt, Seed = seed, GuidanceScale = guidance, Eta = eta };
                return Recipe.FromJson(recipe.ToCanonicalJson()) == recipe;
            });

    [Fact]
    public void Every_setting_is_part_of_the_id()
    {
        Recipe[] changed =
        [
            Sample.Recipe with { Checkpoint = "sha256:" + new string('0', 64) },
            Sample.Recipe with { Prompt = "a" },
            Sample.Recipe with { NegativePrompt = "" },
            Sample.Recipe with { Seed = 0 },
            Sample.Recipe with { Width = 72 },
            Sample.Recipe with { Height = 64 },
            Sample.Recipe with { Steps = 26 },
            Sample.Recipe with { Sampler = Samplers.Euler },
            Sample.Recipe with { NoiseSchedule = NoiseSchedules.Karras },
            Sample.Recipe with { TimestepSpacing = TimestepSpacings.Trailing },
            Sample.Recipe with { Eta = 0 },
            Sample.Recipe with { GuidanceScale = 7.6 },
            Sample.Recipe with { PromptSyntax = PromptSyntaxes.Plain },
            Sample.Recipe with { ClipSkip = 2 },
            Sample.Recipe with { GuidanceRescale = 0.7 },
            Sample.Recipe with { GuidanceStart = 0.2 },
            Sample.Recipe with { GuidanceEnd = 0.8 },
            Sample.Recipe with { VariationSeed = 1 },
            Sample.Recipe with { VariationStrength = 0.1 },
            Sample.Recipe with { InitImage = Sample.Checkpoint },
            Sample.Recipe with { Strength = 0.5 },
            Sample.Recipe with { Mask = Sample.Checkpoint },
            Sample.Recipe with { MaskBlur = 0 },
            Sample.Recipe with { InpaintArea = InpaintAreas.Masked },
            Sample.Recipe with { InpaintPadding = 0 },
            Sample.Recipe with { InpaintFill = InpaintFills.Noise },
            Sample.Recipe with { Outpaint = new OutpaintMargins { Left = 8 } },
            Sample.Recipe with { UpscaleNoiseLevel = 20 },
            Sample.Recipe with { Hires = Painted.Hires },
            Sample.Recipe with { NoiseSource = NoiseSources.TorchCuda },
            Sample.Recipe with { Determinism = DeterminismClasses.Fast },
        ];
        Assert.Equal(changed.Length + 1, changed.Append(Sample.Recipe).Select(recipe => recipe.Id()).Distinct().Count());
        Assert.Equal(typeof(Recipe).GetProperties().Count(property => property.Name is not nameof(Recipe.Schema)), changed.Length);
    }

    [Fact]
    public void Member_at_its_default_is_not_written_and_reads_back_as_its_default()
    {
        var written = Sample.Recipe with { ClipSkip = 1, GuidanceRescale = 0, GuidanceStart = 0, GuidanceEnd = 1, VariationSeed = 0, VariationStrength = 0 };
        Assert.Equal(Sample.Recipe, written);
        Assert.Equal(Sample.Recipe.Id(), written.Id());
        Assert.DoesNotContain("guidance_end", written.ToCanonicalJson(), StringComparison.Ordinal);
        Assert.Equal(written, Recipe.FromJson(written.ToCanonicalJson()));
        // Also when somebody else wrote the default out.
        Assert.Equal(Sample.Recipe, Recipe.FromJson(written.ToCanonicalJson().Insert(1, "\"clip_skip\":1,\"guidance_end\":1.0,")));
    }

    [Fact]
    public void Members_of_pictures_are_written_only_when_they_are_not_at_their_defaults()
    {
        var defaults = Sample.Recipe with
        {
            Strength = 0.75,
            MaskBlur = 4,
            InpaintArea = InpaintAreas.Whole,
            InpaintPadding = 32,
            InpaintFill = InpaintFills.Original,
            Outpaint = new OutpaintMargins(),
            Hires = Painted.Hires! with { Scale = 1 },
        };
        Assert.Equal(Sample.Recipe, defaults);
        Assert.Equal(Sample.Recipe.Id(), defaults.Id());
        Assert.Equal(Sample.Recipe, Recipe.FromJson(Sample.Recipe.ToCanonicalJson().Insert(1, "\"strength\":0.75,\"mask_blur\":4,\"outpaint\":{},")));
    }

    [Fact]
    public void Members_of_pictures_stand_in_the_canonical_JSON_as_pinned()
    {
        var json = Painted.ToCanonicalJson();
        Assert.Contains("\"hires\":{\"scale\":1.5,\"steps\":10,\"strength\":0.5,\"upscaler\":\"lanczos\"},\"init_image\":\"sha256:", json, StringComparison.Ordinal);
        Assert.Contains("\"inpaint_area\":\"masked\",\"inpaint_fill\":\"nothing\",\"inpaint_padding\":0,\"mask\":\"sha256:", json, StringComparison.Ordinal);
        Assert.Contains("\"mask_blur\":0,", json, StringComparison.Ordinal);
        Assert.Contains("\"outpaint\":{\"bottom\":32,\"left\":8,\"right\":24,\"top\":16},", json, StringComparison.Ordinal);
        Assert.Contains("\"strength\":0,", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Upscaler_of_a_file_stands_in_the_recipe_by_its_digest_and_tells_images_apart()
    {
        var enlarged = Painted with { Hires = Painted.Hires! with { Upscaler = Sample.Checkpoint } };
        Assert.Contains($"\"upscaler\":\"{Sample.Checkpoint}\"", enlarged.ToCanonicalJson(), StringComparison.Ordinal);
        Assert.NotEqual(Painted.Id(), enlarged.Id());
        Assert.Equal((Sample.Checkpoint, null, null), (HiresUpscalers.FileOf(enlarged.Hires.Upscaler), HiresUpscalers.FileOf(HiresUpscalers.Lanczos), HiresUpscalers.FileOf(null)));
    }

    [Fact]
    public void Noise_level_of_an_upscaling_checkpoint_is_always_written_and_that_of_others_never()
    {
        Assert.Contains("\"upscale_noise_level\":20", (Sample.Recipe with { InitImage = Sample.Checkpoint, UpscaleNoiseLevel = 20 }).ToCanonicalJson(), StringComparison.Ordinal);
        Assert.DoesNotContain("upscale_noise_level", Painted.ToCanonicalJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Recipe_with_every_member_reads_back()
    {
        var full = Sample.Recipe with
        {
            PromptSyntax = PromptSyntaxes.Plain,
            ClipSkip = 2,
            GuidanceRescale = 0.7,
            GuidanceStart = 0.2,
            GuidanceEnd = 0,
            VariationSeed = 7,
            VariationStrength = 0.3,
            InitImage = Painted.InitImage,
            Strength = Painted.Strength,
            Mask = Painted.Mask,
            MaskBlur = Painted.MaskBlur,
            InpaintArea = Painted.InpaintArea,
            InpaintPadding = Painted.InpaintPadding,
            InpaintFill = Painted.InpaintFill,
            Outpaint = Painted.Outpaint,
            Hires = Painted.Hires,
        };
        Assert.Equal(full, Recipe.FromJson(full.ToCanonicalJson()));
    }

    [Theory]
    [InlineData("null", "null")]
    [InlineData("{}", "not a recipe")]
    [InlineData("[1]", "not a recipe")]
    [InlineData("not json", "not a recipe")]
    public void Text_that_is_no_recipe_is_refused_with_a_sentence(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => Recipe.FromJson(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Recipe_of_a_newer_schema_asks_for_a_newer_program()
    {
        var newer = (Sample.Recipe with { Schema = 2 }).ToCanonicalJson();
        Assert.Contains("schema 2", Assert.Throws<FormatException>(() => Recipe.FromJson(newer)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_or_repeated_member_is_refused_because_it_would_change_the_image()
    {
        var json = Sample.Recipe.ToCanonicalJson();
        Assert.Throws<FormatException>(() => Recipe.FromJson(json.Insert(1, "\"tiling\":true,")));
        Assert.Throws<FormatException>(() => Recipe.FromJson(json.Insert(1, "\"seed\":2,")));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("4294967296")]
    [InlineData("1.5")]
    public void Seed_outside_32_bits_is_refused(string seed) =>
        Assert.Throws<FormatException>(() => Recipe.FromJson(Sample.Recipe.ToCanonicalJson().Replace("4294967295", seed, StringComparison.Ordinal)));
}
