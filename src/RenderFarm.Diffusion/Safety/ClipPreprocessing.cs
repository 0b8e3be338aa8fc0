using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Imaging;

namespace RenderFarm.Diffusion.Safety;

/// <summary>How a picture becomes CLIP's input: shorter side to the size (bicubic), middle square cut out, each colour centred and scaled.</summary>
/// <remarks>
/// This implementation matches <c>CLIPImageProcessor</c> of transformers 4.45 with the members of <c>feature_extractor/preprocessor_config.json</c>:
/// <c>size</c> and <c>crop_size</c> (a number, or an object with <c>shortest_edge</c> or <c>height</c>), <c>image_mean</c>, <c>image_std</c>. Without the file
/// CLIP's own numbers hold. Limitations: the steps themselves cannot be switched off.
/// </remarks>
/// <param name="Size">Side of the square, pixels.</param>
/// <param name="Mean">Subtracted from each colour, which is in 0…1: red, green, blue.</param>
/// <param name="Deviation">What it is then divided by.</param>
internal sealed record ClipPreprocessing(int Size, double[] Mean, double[] Deviation)
{
    private const int MaxSize = 1024;

    /// <summary>Reads the configuration, or takes CLIP's own numbers where there is none.</summary>
    /// <exception cref="CheckpointException">A member is not what it should be.</exception>
    public static ClipPreprocessing Read(string file)
    {
        var config = JsonFile.ReadIfThere(file);
        var size = config?.Size("crop_size") ?? config?.Size("size") ?? 224;
        if (size is < 1 or > MaxSize) throw new CheckpointException(file, $"its member 'crop_size' is {size}; allowed: 1…{MaxSize}");
        return new ClipPreprocessing(
            size,
            Three("image_mean", [0.48145466, 0.4578275, 0.40821073], -1),
            Three("image_std", [0.26862954, 0.26130258, 0.27577711], 0));

        double[] Three(string member, double[] standard, double above)
        {
            var numbers = config?.Numbers(member) ?? standard;
            return numbers.Length == 3 && Array.TrueForAll(numbers, number => number > above) ? numbers
                : throw new CheckpointException(file, $"its member '{member}' is not three numbers above {above}");
        }
    }

    /// <summary>Writes a picture as [3, size, size] in C order.</summary>
    public void Write(RgbImage image, Span<float> planes)
    {
        var shorter = Math.Min(image.Width, image.Height);
        // Python's int(): the longer side is cut, not rounded.
        var (width, height) = ((int)((long)Size * image.Width / shorter), (int)((long)Size * image.Height / shorter));
        var resized = BicubicResampling.Resize(image, width, height);
        var (left, top) = ((width - Size) / 2, (height - Size) / 2);
        for (var i = 0; i < Size * Size; i++)
        {
            var pixel = (((((i / Size) + top) * width) + (i % Size) + left)) * 3;
            for (var colour = 0; colour < 3; colour++)
                planes[(colour * Size * Size) + i] = (float)(((resized.Pixels[pixel + colour] / 255.0) - Mean[colour]) / Deviation[colour]);
        }
    }
}
