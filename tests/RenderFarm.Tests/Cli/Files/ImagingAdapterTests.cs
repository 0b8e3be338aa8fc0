using RenderFarm.Cli.Files;
using RenderFarm.Imaging;
using RenderFarm.Tests.Cli.Testing;
using RenderFarm.Tests.Contracts;
using Xunit;

namespace RenderFarm.Tests.Cli.Files;

public sealed class ImagingAdapterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Texts_of_a_real_file_are_read_back()
    {
        var recipe = Sample.Recipe.ToCanonicalJson();
        var texts = new ImagingPictures().ReadTexts(Picture(64, 64, 0, new ImageTexts { Recipe = recipe, Profile = Sample.Profile }));
        Assert.Equal(new PictureTexts(recipe, Sample.Profile), texts);
    }

    [Fact]
    public void Bytes_that_are_no_picture_are_refused_as_a_format()
    {
        Assert.Throws<FormatException>(() => new ImagingPictures().ReadTexts([1, 2, 3]));
        Assert.Throws<FormatException>(() => new ImagingPictures().PsnrDecibels([1, 2, 3], [1, 2, 3]));
    }

    [Fact]
    public void Closeness_is_infinite_for_equal_finite_for_close_and_nothing_for_other_sizes()
    {
        var pictures = new ImagingPictures();
        Assert.Equal(double.PositiveInfinity, pictures.PsnrDecibels(Picture(8, 8, 10), Picture(8, 8, 10)));
        Assert.Equal(20 * Math.Log10(255), pictures.PsnrDecibels(Picture(8, 8, 10), Picture(8, 8, 11))!.Value, 9);
        Assert.Null(pictures.PsnrDecibels(Picture(8, 8, 10), Picture(16, 8, 10)));
    }

    [Fact]
    public void Contact_sheet_of_real_files_is_a_picture_with_room_for_every_cell()
    {
        var files = Enumerable.Range(0, 5).Select(index =>
        {
            var path = folder.At($"{index}.png");
            File.WriteAllBytes(path, Picture(64, 64, (byte)(40 * index)));
            return (string?)path;
        });
        var grid = new SweepGrid("a cat", "demo · 64×64", ["euler", "heun"], ["steps 5", "steps 10", "steps 25"]);
        var sheet = ImageReader.Decode(new ImagingContactSheet().Draw(grid, [.. files, null]), ContactSheet.MaxPixels);
        Assert.InRange(sheet.Width, 3 * 128, 4 * 512);
        Assert.InRange(sheet.Height, 2 * 128, 3 * 512);
    }

    private static byte[] Picture(int width, int height, byte level, ImageTexts? texts = null)
    {
        var pixels = new byte[width * height * 3];
        Array.Fill(pixels, level);
        return ImageEncoder.Encode(new RgbImage(width, height, pixels), ImageFileFormat.Png, null, texts ?? ImageTexts.None);
    }
}
