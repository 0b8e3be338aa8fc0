using RenderFarm.Imaging;

namespace RenderFarm.Testing.Adherence;

/// <summary>An sRGB colour, 0…255 a channel; medians fall between whole numbers.</summary>
internal readonly record struct Colour(double Red, double Green, double Blue)
{
    public static Colour At(RgbImage image, int index) => new(image.Pixels[index * 3], image.Pixels[(index * 3) + 1], image.Pixels[(index * 3) + 2]);

    /// <summary>The median of each channel over some pixels, at least one.</summary>
    public static Colour Median(RgbImage image, IReadOnlyList<int> indices) => new(
        Median([.. indices.Select(i => image.Pixels[i * 3])]),
        Median([.. indices.Select(i => image.Pixels[(i * 3) + 1])]),
        Median([.. indices.Select(i => image.Pixels[(i * 3) + 2])]));

    /// <summary>Euclidean distance in RGB.</summary>
    public double DistanceTo(Colour other) => Math.Sqrt(
        ((Red - other.Red) * (Red - other.Red)) + ((Green - other.Green) * (Green - other.Green)) + ((Blue - other.Blue) * (Blue - other.Blue)));

    private static double Median(byte[] values)
    {
        Array.Sort(values);
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2.0;
    }
}
