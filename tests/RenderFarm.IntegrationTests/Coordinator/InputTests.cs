using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using RenderFarm.Contracts;
using RenderFarm.Contracts.Api;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Imaging;
using RenderFarm.Testing.Imaging;
using Xunit;

namespace RenderFarm.IntegrationTests.Coordinator;

public sealed class InputTests : CoordinatorTest
{
    [Theory]
    [InlineData(ImageFileFormat.Png)]
    [InlineData(ImageFileFormat.Jpeg)]
    [InlineData(ImageFileFormat.WebP)]
    public async Task Picture_is_kept_as_a_PNG_under_the_digest_of_its_pixels(ImageFileFormat format)
    {
        await StartAsync();
        var file = ImageEncoder.Encode(APicture.RedDisc(72, 40), format, null, new ImageTexts { Parameters = "made by me" });

        using var answer = await PostAsync(file, "image/" + format.ToString().ToLowerInvariant());

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var view = await ViewOf(answer);
        Assert.Equal((PictureDigest.Of(ImageReader.Decode(file, 10_000)), 72, 40), (view.Digest, view.Width, view.Height));
        Assert.Equal($"/v1/inputs/{view.Digest}", answer.Headers.Location!.ToString());
        var kept = await StoredAsync(view.Digest);
        Assert.Equal(view.SizeBytes, kept.Length);
        Assert.Equal(ImageTexts.None, ImageReader.ReadTexts(kept));
        Assert.Equal(view.Digest, PictureDigest.Of(ImageReader.Decode(kept, 10_000)));
    }

    [Fact]
    public async Task Same_pixels_sent_again_have_the_same_digest_and_mend_a_damaged_object()
    {
        await StartAsync();
        var image = APicture.RedDisc();
        var first = await ViewOf(await PostAsync(image.ToPng(), "image/png"));
        await Store.PutAsync(ObjectKey.ForInput(first.Digest), "damaged"u8.ToArray(), "image/png", Deadline);

        var again = await ViewOf(await PostAsync(ImageEncoder.Encode(image, ImageFileFormat.Png, null, new ImageTexts { Recipe = "{}" }), "image/png"));

        Assert.Equal(first, again);
        Assert.Equal(first.Digest, PictureDigest.Of(ImageReader.Decode(await StoredAsync(first.Digest), 10_000)));
        Assert.Single(await KeysAsync());
    }

    [Fact]
    public async Task Form_with_one_file_is_taken_whatever_its_field_is_called()
    {
        await StartAsync();
        using var form = new MultipartFormDataContent { { Part(APicture.RedDisc().ToPng()), "picture", "c:\\photos\\<me>.png" } };

        using var answer = await Host.Client.PostAsync("/v1/inputs", form, Deadline);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(PictureDigest.Of(APicture.RedDisc()), (await ViewOf(answer)).Digest);
    }

    [Fact]
    public async Task Kept_picture_is_served_with_its_digest_as_the_ETag()
    {
        await StartAsync();
        var view = await ViewOf(await PostAsync(APicture.RedDisc().ToPng(), "image/png"));

        using var got = await Host.Client.GetAsync($"/v1/inputs/{view.Digest}", Deadline);
        using var head = await Host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/v1/inputs/{view.Digest}"), Deadline);
        using var conditional = new HttpRequestMessage(HttpMethod.Get, $"/v1/inputs/{view.Digest}") { Headers = { IfNoneMatch = { got.Headers.ETag! } } };
        using var unchanged = await Host.Client.SendAsync(conditional, Deadline);

        Assert.Equal(await StoredAsync(view.Digest), await got.Content.ReadAsByteArrayAsync(Deadline));
        Assert.Equal(("image/png", view.SizeBytes, $"\"{view.Digest}\""), (got.Content.Headers.ContentType!.MediaType, got.Content.Headers.ContentLength, got.Headers.ETag!.Tag));
        Assert.Equal((HttpStatusCode.OK, view.SizeBytes), (head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Theory]
    [InlineData("sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("..%2Ffarm.db")]
    [InlineData("7")]
    public async Task Digest_of_no_picture_is_not_found(string digest)
    {
        await StartAsync();
        using var answer = await Host.Client.GetAsync($"/v1/inputs/{digest}", Deadline);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(ProblemCodes.NotFound, (await ProblemOf(answer)).Code);
    }

    public static TheoryData<string, byte[], string> HostileFiles()
    {
        var png = APicture.RedDisc().ToPng();
        var jpeg = ImageEncoder.Encode(APicture.RedDisc(), ImageFileFormat.Jpeg, null, ImageTexts.None);
        var webp = ImageEncoder.Encode(APicture.RedDisc(), ImageFileFormat.WebP, null, ImageTexts.None);
        return new()
        {
            { "nothing", [], "The file is empty" },
            { "one byte", [0x89], "not a PNG, JPEG or WebP picture" },
            { "a signature alone", png[..8], "PNG" },
            { "a header alone", png[..33], "cut short" },
            { "a PNG cut in half", png[..(png.Length / 2)], "cut short" },
            { "a JPEG cut in half", jpeg[..(jpeg.Length / 2)], "cut short" },
            { "a WebP cut in half", webp[..(webp.Length / 2)], "cut short" },
            { "a PNG that goes on as a page", [.. png, .. "<script>alert(1)</script>"u8], "" },
            { "a forged header", APicture.Forged(30_000, 30_000), "30000×30000" },
            { "a forged header of one row", APicture.Forged(2_000_000_000, 1), "PNG" },
            { "a forged header of no width", APicture.Forged(0, 64), "PNG" },
            { "an SVG", "<svg xmlns='http://www.w3.org/2000/svg'/>"u8.ToArray(), "not a PNG, JPEG or WebP picture" },
            { "a GIF", "GIF89a\u0001\0\u0001\0\0\0\0;"u8.ToArray(), "not a PNG, JPEG or WebP picture" },
            { "a TIFF", [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0], "not a PNG, JPEG or WebP picture" },
            { "a PDF", "%PDF-1.7"u8.ToArray(), "not a PNG, JPEG or WebP picture" },
            { "a page", "<!DOCTYPE html><script>alert(1)</script>"u8.ToArray(), "not a PNG, JPEG or WebP picture" },
            { "a ZIP", "PK\u0003\u0004"u8.ToArray(), "not a PNG, JPEG or WebP picture" },
            { "a RIFF of sound", "RIFF\0\0\0\0WAVEfmt "u8.ToArray(), "not a PNG, JPEG or WebP picture" },
            { "zeros", new byte[4_096], "not a PNG, JPEG or WebP picture" },
        };
    }

    [Theory]
    [MemberData(nameof(HostileFiles))]
    public async Task Hostile_file_is_answered_with_what_is_wrong_and_what_is_allowed_and_nothing_is_stored(string name, byte[] file, string wrong)
    {
        await StartAsync();

        using var answer = await PostAsync(file, "image/png");

        Assert.Equal((name, HttpStatusCode.UnprocessableEntity), (name, answer.StatusCode));
        var problem = await ProblemOf(answer);
        Assert.Equal(ProblemCodes.InputNotUsable, problem.Code);
        var error = Assert.Single(problem.Errors);
        Assert.Equal("body", error.Field);
        Assert.Contains(wrong, error.Detail, StringComparison.Ordinal);
        Assert.EndsWith("Allowed is a PNG, JPEG or WebP picture of up to 4,194,304 pixels and 20,971,520 bytes.", error.Detail, StringComparison.Ordinal);
        Assert.Empty(await KeysAsync());
    }

    [Fact]
    public async Task File_above_the_limit_is_refused_by_its_length_or_once_it_is_reached()
    {
        await StartAsync();
        var large = new byte[RenderLimits.MaxInputBytes + 1];
        APicture.RedDisc().ToPng().CopyTo(large, 0);

        using var form = new MultipartFormDataContent { { Part(large), "file", "large.png" } };

        foreach (var content in new HttpContent[] { Part(large), form })
        {
            // Asks before it sends: the answer comes before the body, and who sends on regardless finds the connection closed.
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/inputs") { Content = content, Headers = { ExpectContinue = true } };
            using var answer = await Host.Client.SendAsync(request, Deadline);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
            Assert.Contains("20,971,520 bytes", (await ProblemOf(answer)).Detail, StringComparison.Ordinal);
        }

        Assert.Empty(await KeysAsync());
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/html")]
    [InlineData("application/octet-stream")]
    public async Task Other_media_types_are_refused_with_those_that_are_taken(string type)
    {
        await StartAsync();
        using var answer = await PostAsync(APicture.RedDisc().ToPng(), type);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Contains("send image/png, image/jpeg or image/webp, or a multipart/form-data form", (await ProblemOf(answer)).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("multipart/form-data", "", "names no boundary")]
    [InlineData("multipart/form-data; boundary=b", "", "not a well-formed form")]
    [InlineData("multipart/form-data; boundary=b", "--b--\r\n", "has no file")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nabc", "not a well-formed form")]
    [InlineData("multipart/form-data; boundary=b", "garbage", "not a well-formed form")]
    public async Task Form_that_is_none_is_refused(string type, string body, string wrong)
    {
        await StartAsync();
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await Host.Client.PostAsync("/v1/inputs", content, Deadline);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(wrong, (await ProblemOf(answer)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Form_names_its_field_in_errors_and_takes_one_file()
    {
        await StartAsync();
        using var bad = new MultipartFormDataContent { { Part("no picture"u8.ToArray()), "photo", "a.png" } };
        using var two = new MultipartFormDataContent { { Part(APicture.RedDisc().ToPng()), "a", "a.png" }, { Part(APicture.RedDisc().ToPng()), "b", "b.png" } };

        using var refused = await Host.Client.PostAsync("/v1/inputs", bad, Deadline);
        using var second = await Host.Client.PostAsync("/v1/inputs", two, Deadline);

        Assert.Equal("photo", Assert.Single((await ProblemOf(refused)).Errors).Field);
        Assert.Equal(HttpStatusCode.BadRequest, second.StatusCode);
        Assert.Contains("second part, b", (await ProblemOf(second)).Detail, StringComparison.Ordinal);
        Assert.Empty(await KeysAsync());
    }

    private async Task<HttpResponseMessage> PostAsync(byte[] file, string type)
    {
        using var content = new ByteArrayContent(file) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        return await Host.Client.PostAsync("/v1/inputs", content, Deadline);
    }

    private static ByteArrayContent Part(byte[] file) => new(file) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };

    private async Task<InputView> ViewOf(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<InputView>(FarmJson.Options, Deadline))!;

    private async Task<Problem> ProblemOf(HttpResponseMessage answer)
    {
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        return (await answer.Content.ReadFromJsonAsync<Problem>(FarmJson.Options, Deadline))!;
    }

    private async Task<byte[]> StoredAsync(string digest)
    {
        await using var stream = await Store.OpenAsync(ObjectKey.ForInput(digest), Deadline);
        var copy = new MemoryStream();
        await stream!.CopyToAsync(copy, Deadline);
        return copy.ToArray();
    }

    private async Task<IReadOnlyList<ObjectKey>> KeysAsync()
    {
        List<ObjectKey> keys = [];
        await foreach (var key in Store.ListAsync("", Deadline)) keys.Add(key);
        return keys;
    }
}
