using System.Net;
using System.Net.Http.Json;
using System.Text;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Imaging;
using RenderFarm.Testing.Imaging;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Jobs;

/// <summary>Jobs that begin from pictures. In requests <c>$disc</c> stands for the digest of a 64×64 picture that is stored, <c>$mask</c> for that of its mask.</summary>
public sealed class PictureSubmitTests : CoordinatorTest
{
    private static readonly CanonicalPicture Disc = CanonicalPicture.Of(APicture.RedDisc());
    private static readonly CanonicalPicture Mask = CanonicalPicture.Of(APicture.Mask());
    private static readonly CanonicalPicture Wide = CanonicalPicture.Of(APicture.Mask(128, 64));

    [Theory]
    [InlineData("""{"prompt":"x","strength":0.5}""", "strength", "0.5", "Only together with an init_image; without one it would change nothing.")]
    [InlineData("""{"prompt":"x","mask":"$mask"}""", "mask", null, "Only together with an init_image; without one it would change nothing.")]
    [InlineData("""{"prompt":"x","mask_blur":3}""", "mask_blur", "3", "Only together with a mask or outpaint; without one it would change nothing.")]
    [InlineData("""{"prompt":"x","outpaint":{"left":8}}""", "outpaint", null, "Only together with an init_image; without one it would change nothing.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","strength":1.01}""", "strength", "1.01", "0…1.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","strength":[0.5,-0.1]}""", "strength[1]", "-0.1", "0…1.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","strength":[]}""", "strength", "0 values", "1…1,000 values.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","strength":0.5,"sampler":"pndm"}""", "strength", "0.5", "1 with the sampler pndm, which has to run all its steps.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","mask_blur":3}""", "mask_blur", "3", "Only together with a mask or outpaint; without one it would change nothing.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","inpaint_area":"masked"}""", "inpaint_area", "masked", "Only together with a mask; without one it would change nothing.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","mask":"$mask","mask_blur":65}""", "mask_blur", "65", "0…64.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","mask":"$mask","inpaint_area":"box"}""", "inpaint_area", "box", "One of whole, masked.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","mask":"$mask","inpaint_fill":"blue"}""", "inpaint_fill", "blue", "One of original, fill, noise, nothing.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","mask":"$mask","inpaint_padding":9}""", "inpaint_padding", "9", "Only with inpaint_area masked; without it the whole picture is worked on.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","mask":"$mask","inpaint_area":"masked","inpaint_padding":513}""", "inpaint_padding", "513", "0…512.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","outpaint":{"left":7}}""", "outpaint.left", "7", "0…2,048 pixels and a multiple of 8.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","outpaint":{"bottom":-8}}""", "outpaint.bottom", "-8", "0…2,048 pixels and a multiple of 8.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","width":64,"outpaint":{"left":32,"right":24}}""", "outpaint", "56", "outpaint.left and outpaint.right together leave the picture at least 16 pixels of the width, which is 64")]
    [InlineData("""{"prompt":"x","init_image":"$disc","outpaint":{"top":2048}}""", "outpaint", "2048", "outpaint.top and outpaint.bottom together leave the picture at least 16 pixels of the height, which is 2048")]
    [InlineData("""{"prompt":"x","init_image":"$disc","outpaint":{"up":8}}""", "outpaint.up", null, "Must be an object with members of left, top, right, bottom.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","outpaint":{"left":"8"}}""", "outpaint.left", null, "Must be a whole number.")]
    [InlineData("""{"prompt":"x","init_image":7}""", "init_image", "7", "Must be a text without unpaired surrogates.")]
    [InlineData("""{"prompt":"x","hires":{"scale":0.5}}""", "hires.scale", "0.5", "1…4.")]
    [InlineData("""{"prompt":"x","hires":{"scale":4.5}}""", "hires.scale", "4.5", "1…4.")]
    [InlineData("""{"prompt":"x","hires":{"scale":1e999}}""", "hires", null, "Must be an object with members of scale, upscaler, steps, strength.")]
    [InlineData("""{"prompt":"x","hires":{}}""", "hires", "{}", "Must be an object with members of scale, upscaler, steps, strength.")]
    [InlineData("""{"prompt":"x","hires":2}""", "hires", "2", "Must be an object with members of scale, upscaler, steps, strength.")]
    [InlineData("""{"prompt":"x","width":1024,"hires":{"scale":2.5}}""", "hires.scale", "2.5", "A scale at which 1024×64 has sides of up to 2,048.")]
    [InlineData("""{"prompt":"x","hires":{"scale":2,"upscaler":"esrgan"}}""", "hires.upscaler", "esrgan", "One of latent, lanczos.")]
    [InlineData("""{"prompt":"x","hires":{"scale":2,"steps":0}}""", "hires.steps", "0", "1…1,000.")]
    [InlineData("""{"prompt":"x","hires":{"scale":2,"strength":2}}""", "hires.strength", "2", "0…1.")]
    [InlineData("""{"prompt":"x","hires":{"scale":2,"strength":0.5,"steps":600}}""", "hires.strength", "0.5", "The 600 steps are the last of a schedule of steps ÷ strength, which would be 1,200 steps; it may have 1…1,000.")]
    [InlineData("""{"prompt":"x","hires":{"scale":2},"sampler":"pndm"}""", "hires.strength", "0.7", "1 with the sampler pndm, which has to run all its steps.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","hires":{"scale":2}}""", "hires", "2", "Not together with an init_image: the second pass is for text to image.")]
    public async Task Bad_setting_is_answered_with_the_field_its_value_and_what_is_allowed(string json, string field, string? value, string allowed)
    {
        await StartWithPicturesAsync();

        var (status, problem) = await RefusedAsync(json);

        Assert.Equal((HttpStatusCode.BadRequest, ProblemCodes.InvalidRequest), (status, problem.Code));
        var error = Assert.Single(problem.Errors);
        Assert.Equal(field, error.Field);
        if (value is not null) Assert.Equal(value, error.Value);
        Assert.StartsWith(allowed, error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt":"x","init_image":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}""", "init_image", "The farm holds no such picture. Send it to POST /v1/inputs first.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","mask":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}""", "mask", "The farm holds no such picture.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","mask":"$wide"}""", "mask", "As large as init_image, which is 64×64.")]
    [InlineData("""{"prompt":"x","init_image":""}""", "init_image", "A digest that POST /v1/inputs answered with, or the picture itself as data:image/png;base64,…")]
    [InlineData("""{"prompt":"x","init_image":"http://169.254.169.254/latest"}""", "init_image", "A digest that POST /v1/inputs answered with")]
    [InlineData("""{"prompt":"x","init_image":"/etc/passwd"}""", "init_image", "A digest that POST /v1/inputs answered with")]
    [InlineData("""{"prompt":"x","init_image":"data:image/png;base64"}""", "init_image", "A digest that POST /v1/inputs answered with")]
    [InlineData("""{"prompt":"x","init_image":"data:image/svg+xml;base64,PHN2Zy8+"}""", "init_image", "A digest that POST /v1/inputs answered with")]
    [InlineData("""{"prompt":"x","init_image":"data:image/png;base64,!!!"}""", "init_image", "A digest that POST /v1/inputs answered with")]
    [InlineData("""{"prompt":"x","init_image":"data:image/png;base64,"}""", "init_image", "The file is empty")]
    [InlineData("""{"prompt":"x","init_image":"data:image/png;base64,iVBORw0KGgo="}""", "init_image", "The PNG file")]
    [InlineData("""{"prompt":"x","init_image":"$disc","mask":"data:image/png;base64,R0lGODlhAQABAAAAACw="}""", "mask", "The file is not a PNG, JPEG or WebP picture")]
    public async Task Picture_that_cannot_be_used_is_answered_with_its_field_and_what_is_allowed(string json, string field, string allowed)
    {
        await StartWithPicturesAsync();

        var (status, problem) = await RefusedAsync(json);

        Assert.Equal((HttpStatusCode.UnprocessableEntity, ProblemCodes.InputNotUsable), (status, problem.Code));
        var error = Assert.Single(problem.Errors);
        Assert.Equal(field, error.Field);
        Assert.StartsWith(allowed, error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Picture_that_is_carried_is_stored_with_the_job_and_not_with_a_refused_one()
    {
        await StartWithPicturesAsync();
        var carried = APicture.Disc(64, 64, (0, 0, 255), (255, 255, 0));
        var key = ObjectKey.ForInput(PictureDigest.Of(carried));

        var (status, problem) = await RefusedAsync($$"""{"prompt":"x","steps":0,"init_image":"{{carried.ToDataUrl()}}","mask":"data:,"}""");
        Assert.Equal((HttpStatusCode.BadRequest, 2), (status, problem.Errors.Count));
        Assert.Null(await Store.SizeAsync(key, Deadline));

        var job = await Host.SubmitAsync(new { prompt = "x", init_image = carried.ToDataUrl() }, Deadline);
        Assert.Equal(PictureDigest.Of(carried), job.Sweep.InitImage);
        Assert.NotNull(await Store.SizeAsync(key, Deadline));
    }

    [Theory]
    [InlineData(64, 64, 64, 64)]
    [InlineData(500, 333, 504, 336)]
    [InlineData(67, 68, 64, 72)]
    [InlineData(3, 3, 16, 16)]
    [InlineData(4096, 1024, 2048, 512)]
    public async Task Size_is_that_of_the_picture_rounded_and_shrunk_until_it_fits(int width, int height, int expectedWidth, int expectedHeight)
    {
        await StartWithPicturesAsync();
        var digest = await PutAsync(CanonicalPicture.Of(APicture.RedDisc(width, height)));

        var job = await Host.SubmitAsync(new { prompt = "x", init_image = digest }, Deadline);
        var grown = await Host.SubmitAsync(new { prompt = "x", init_image = Disc.Digest, outpaint = new { left = 32, bottom = 8 } }, Deadline);
        var asked = await Host.SubmitAsync(new { prompt = "x", init_image = digest, width = 128, height = 96 }, Deadline);

        Assert.Equal((expectedWidth, expectedHeight), (job.Sweep.Width, job.Sweep.Height));
        Assert.Equal((96, 72), (grown.Sweep.Width, grown.Sweep.Height));
        Assert.Equal((128, 96), (asked.Sweep.Width, asked.Sweep.Height));
    }

    [Fact]
    public async Task Defaults_are_written_out_and_reach_the_worker_in_the_recipe()
    {
        var worker = await StartWithPicturesAsync();

        var job = await Host.SubmitAsync(new { prompt = "x", seed = 1, init_image = Disc.Digest, mask = Mask.Digest, strength = new[] { 0.25, 0.75 } }, Deadline);

        Assert.Equal([0.25, 0.75], job.Sweep.Strengths);
        Assert.Equal((4, "whole", 32, "original"), (job.Sweep.MaskBlur, job.Sweep.InpaintArea, job.Sweep.InpaintPadding, job.Sweep.InpaintFill));
        Recipe[] recipes = [(await worker.NextAsync(Deadline)).Recipe, (await worker.NextAsync(Deadline)).Recipe];
        Assert.All(recipes, recipe => Assert.Equal((Disc.Digest, Mask.Digest), (recipe.InitImage, recipe.Mask)));
        Assert.Equal([0.25, null], recipes.Select(recipe => recipe.Strength));
    }

    [Fact]
    public async Task Second_pass_reaches_the_worker_in_the_recipe_with_all_it_has()
    {
        var worker = await StartWithPicturesAsync();
        await Host.SubmitAsync(new { prompt = "x", hires = new { scale = 2 } }, Deadline);
        Assert.Equal(new HiresPass { Scale = 2, Upscaler = "latent", Steps = 10, Strength = 0.7 }, (await worker.NextAsync(Deadline)).Recipe.Hires);
    }

    [Fact]
    public async Task Job_without_pictures_says_nothing_of_them()
    {
        await StartWithPicturesAsync();
        using var answer = await PostAsync("""{"prompt":"x"}""");
        var text = await answer.Content.ReadAsStringAsync(Deadline);
        Assert.All(["strength\"", "init_image", "mask", "inpaint", "outpaint", "hires"], word => Assert.DoesNotContain(word, text.Replace("variation_strength\"", "", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    private async Task<Testing.Coordinator.ScriptedWorker> StartWithPicturesAsync()
    {
        foreach (var picture in new[] { Disc, Mask, Wide }) await PutAsync(picture);
        return await StartWithWorkerAsync();
    }

    private async Task<string> PutAsync(CanonicalPicture picture)
    {
        await Store.PutAsync(ObjectKey.ForInput(picture.Digest), picture.File, "image/png", Deadline);
        return picture.Digest;
    }

    private async Task<(HttpStatusCode Status, Problem Problem)> RefusedAsync(string json)
    {
        using var answer = await PostAsync(json);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<Problem>(FarmJson.Options, Deadline))!);
    }

    private async Task<HttpResponseMessage> PostAsync(string json)
    {
        var filled = json.Replace("$disc", Disc.Digest, StringComparison.Ordinal).Replace("$mask", Mask.Digest, StringComparison.Ordinal)
            .Replace("$wide", Wide.Digest, StringComparison.Ordinal);
        using var content = new StringContent(filled, Encoding.UTF8, "application/json");
        return await Host.Client.PostAsync("/v1/jobs", content, Deadline);
    }
}
