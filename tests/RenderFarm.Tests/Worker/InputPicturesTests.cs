using RenderFarm.Contracts;
using RenderFarm.Contracts.Attempts;
using RenderFarm.Hosting.ObjectStore;
using RenderFarm.Imaging;
using RenderFarm.Testing.Coordinator;
using RenderFarm.Tests.Imaging;
using RenderFarm.Worker;
using Xunit;

namespace RenderFarm.Tests.Worker;

public sealed class InputPicturesTests
{
    private readonly MemoryObjectStore _store = new();
    private readonly InputPictures _inputs;

    public InputPicturesTests() => _inputs = new InputPictures(_store);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pictures_are_fetched_by_their_digests()
    {
        var (image, mask) = (await PutAsync(seed: 1), await PutAsync(seed: 2));
        var pictures = await _inputs.OfAsync(Recipe(image.Digest, mask.Digest), Cancellation);
        Assert.Equal((image.Digest, mask.Digest), (PictureDigest.Of(pictures.InitImage!), PictureDigest.Of(pictures.Mask!)));
    }

    [Fact]
    public async Task Recipe_without_pictures_asks_the_store_for_nothing() => Assert.Equal(RecipePictures.None, await _inputs.OfAsync(Recipe(null), Cancellation));

    [Fact]
    public async Task Picture_that_is_kept_needs_no_store()
    {
        var image = await PutAsync(seed: 1);
        var first = await _inputs.OfAsync(Recipe(image.Digest), Cancellation);
        await _store.DeleteAsync(ObjectKey.ForInput(image.Digest), Cancellation);
        Assert.Same(first.InitImage, (await _inputs.OfAsync(Recipe(image.Digest), Cancellation)).InitImage);
    }

    [Fact]
    public async Task Least_recently_used_pictures_make_room_for_others()
    {
        // 12 MiB each: five are kept.
        var large = await Task.WhenAll(Enumerable.Range(0, 6).Select(shade => PutAsync(Pictures.Solid(2048, 2048, (byte)shade, 0, 0))));
        foreach (var picture in large[..5]) await _inputs.OfAsync(Recipe(picture.Digest), Cancellation);
        await _inputs.OfAsync(Recipe(large[0].Digest), Cancellation);
        await _inputs.OfAsync(Recipe(large[5].Digest), Cancellation);
        foreach (var picture in large) await _store.DeleteAsync(ObjectKey.ForInput(picture.Digest), Cancellation);

        await _inputs.OfAsync(Recipe(large[0].Digest), Cancellation);
        await _inputs.OfAsync(Recipe(large[5].Digest), Cancellation);
        Assert.Equal(FailureCodes.InputMissing, (await Assert.ThrowsAsync<InputException>(() => _inputs.OfAsync(Recipe(large[1].Digest), Cancellation))).Code);
    }

    [Fact]
    public async Task Missing_picture_is_named_with_what_to_do()
    {
        var digest = "sha256:" + new string('0', 64);
        var error = await Assert.ThrowsAsync<InputException>(() => _inputs.OfAsync(Recipe(digest), Cancellation));
        Assert.Equal(FailureCodes.InputMissing, error.Code);
        Assert.Equal($"The object store does not hold init_image {digest}. Send the picture in again, then retry.", error.Message);
    }

    [Fact]
    public async Task Other_pixels_than_the_digest_says_are_damage()
    {
        var (image, other) = (await PutAsync(seed: 1), await PutAsync(seed: 2));
        await _store.PutAsync(ObjectKey.ForInput(image.Digest), other.File, "image/png", Cancellation);
        var error = await Assert.ThrowsAsync<InputException>(() => _inputs.OfAsync(Recipe(image.Digest), Cancellation));
        Assert.Equal(FailureCodes.InputDamaged, error.Code);
        Assert.Contains(other.Digest, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task File_that_is_cut_short_is_damage(int length)
    {
        var image = await PutAsync(seed: 1);
        await _store.PutAsync(ObjectKey.ForInput(image.Digest), image.File.AsMemory(0, length), "image/png", Cancellation);
        Assert.Equal(FailureCodes.InputDamaged, (await Assert.ThrowsAsync<InputException>(() => _inputs.OfAsync(Recipe(image.Digest), Cancellation))).Code);
    }

    [Fact]
    public async Task Attempt_whose_picture_is_missing_fails_by_name_and_may_be_tried_again()
    {
        await using var bench = new WorkerBench(_store);
        var command = WorkerBench.Command("a circle");
        bench.Runner.Take(command with { Recipe = command.Recipe with { InitImage = "sha256:" + new string('0', 64) } }, RenderFarm.Worker.WorkerIdentity.Device);
        var failure = (await bench.NextReportAsync<AttemptFailed>()).Failure;
        Assert.Equal((FailureCodes.InputMissing, true), (failure.Code, failure.Retryable));
    }

    [Fact]
    public async Task Attempt_with_another_picture_makes_another_image()
    {
        var (image, other) = (await PutAsync(seed: 1), await PutAsync(seed: 2));
        await using var bench = new WorkerBench(_store);
        HashSet<string> images = [];
        foreach (var (number, digest) in new[] { (1, image.Digest), (2, other.Digest) })
        {
            var command = WorkerBench.Command("a circle", number);
            bench.Runner.Take(command with { Recipe = command.Recipe with { InitImage = digest } }, RenderFarm.Worker.WorkerIdentity.Device);
            await bench.NextReportAsync<AttemptStarted>();
            images.Add((await bench.NextReportAsync<AttemptSucceeded>()).Image.Sha256);
        }

        Assert.Equal(2, images.Count);
    }

    private static Recipe Recipe(string? image, string? mask = null) => WorkerBench.Command("a circle").Recipe with { InitImage = image, Mask = mask };

    private Task<CanonicalPicture> PutAsync(int seed) => PutAsync(Pictures.Noisy(64, 64, seed));

    private async Task<CanonicalPicture> PutAsync(RgbImage image)
    {
        var picture = CanonicalPicture.Of(image);
        await _store.PutAsync(ObjectKey.ForInput(picture.Digest), picture.File, "image/png", Cancellation);
        return picture;
    }
}
