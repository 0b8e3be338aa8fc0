using System.Net;
using System.Net.Http.Json;
using System.Text;
using RenderFarm.Contracts.Api;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Imaging;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Testing.Imaging;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator.Jobs;

/// <summary>Jobs for a checkpoint that makes a picture four times larger. In requests <c>$disc</c> stands for the digest of a 64×64 picture that is stored.</summary>
public sealed class EnlargingTests : CoordinatorTest
{
    private const string Larger = "Not with the checkpoint x4, which makes the whole of a picture 4 times larger.";
    private static readonly CanonicalPicture Disc = CanonicalPicture.Of(APicture.RedDisc());

    [Theory]
    [InlineData("""{"prompt":"x","model":"x4"}""", "init_image", "A picture, because the checkpoint x4 makes one 4 times larger.")]
    [InlineData("""{"prompt":"x","model":"x4","init_image":"$disc","strength":0.5}""", "strength", Larger)]
    [InlineData("""{"prompt":"x","model":"x4","init_image":"$disc","mask":"$disc"}""", "mask", Larger)]
    [InlineData("""{"prompt":"x","model":"x4","init_image":"$disc","outpaint":{"left":32}}""", "outpaint", Larger)]
    [InlineData("""{"prompt":"x","model":"x4","init_image":"$disc","inpaint_fill":"noise"}""", "inpaint_fill", Larger)]
    [InlineData("""{"prompt":"x","model":"x4","init_image":"$disc","hires":{"scale":2}}""", "hires", "Not together with an init_image: the second pass is for text to image.")]
    [InlineData("""{"prompt":"x","model":"x4","init_image":"$disc","upscale_noise_level":351}""", "upscale_noise_level", "0…350.")]
    [InlineData("""{"prompt":"x","model":"x4","init_image":"$disc","width":264}""", "width", "16…2,048 pixels and a multiple of 32.")]
    [InlineData("""{"prompt":"x","init_image":"$disc","upscale_noise_level":20}""", "upscale_noise_level", "Only with a checkpoint that makes a picture larger; with others it would change nothing.")]
    public async Task What_such_a_checkpoint_cannot_do_is_refused_by_the_field(string json, string field, string allowed)
    {
        await StartWithPictureAsync();

        using var content = new StringContent(json.Replace("$disc", Disc.Digest, StringComparison.Ordinal), Encoding.UTF8, "application/json");
        using var answer = await Host.Client.PostAsync("/v1/jobs", content, Deadline);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var error = Assert.Single((await answer.Content.ReadFromJsonAsync<Problem>(FarmJson.Options, Deadline))!.Errors);
        Assert.Equal((field, allowed), (error.Field, error.Detail));
    }

    [Theory]
    [InlineData(64, 64, 256, 256)]
    [InlineData(100, 50, 416, 192)]
    [InlineData(1024, 256, 2048, 512)]
    public async Task Image_is_four_times_as_large_as_its_picture_up_to_the_largest_size(int width, int height, int expectedWidth, int expectedHeight)
    {
        var worker = await StartWithPictureAsync();
        var picture = CanonicalPicture.Of(APicture.RedDisc(width, height));
        await Store.PutAsync(ObjectKey.ForInput(picture.Digest), picture.File, "image/png", Deadline);

        var job = await Host.SubmitAsync(new { prompt = "x", model = "x4", init_image = picture.Digest }, Deadline);

        Assert.Equal((expectedWidth, expectedHeight, 20), (job.Sweep.Width, job.Sweep.Height, job.Sweep.UpscaleNoiseLevel));
        Assert.Null(job.Sweep.Strengths);
        var recipe = (await worker.NextAsync(Deadline)).Recipe;
        Assert.Equal((picture.Digest, 20, null), (recipe.InitImage, recipe.UpscaleNoiseLevel, recipe.Strength));
        var shown = (await Host.GetAsync<Page<CheckpointView>>("/v1/checkpoints", Deadline)).Items;
        Assert.Equal([null, 4], shown.OrderBy(checkpoint => checkpoint.Name).Select(checkpoint => checkpoint.EnlargesBy));
    }

    private async Task<ScriptedWorker> StartWithPictureAsync()
    {
        await Store.PutAsync(ObjectKey.ForInput(Disc.Digest), Disc.File, "image/png", Deadline);
        var larger = ScriptedWorker.Checkpoint("x4", "sha256:" + new string('4', 64)) with { EnlargesBy = 4, SideMultiple = 32 };
        return await StartWithWorkerAsync(worker => worker.Checkpoints = [ScriptedWorker.Checkpoint("demo", ScriptedWorker.Digest), larger], options => options.DefaultModel = "demo");
    }
}
