namespace RenderFarm.Testing.Adherence;

/// <summary>The twelve colours that the demo checkpoint knows by name, as its training pictures use them (dataset.py, COLOURS).</summary>
internal static class DemoColours
{
    /// <summary>Name and sRGB value, in the order of the training script.</summary>
    public static (string Name, double Red, double Green, double Blue)[] All { get; } =
    [
        ("red", 220, 30, 30), ("green", 30, 160, 50), ("blue", 35, 70, 220), ("yellow", 245, 222, 40),
        ("orange", 245, 140, 25), ("purple", 130, 45, 175), ("pink", 250, 140, 190), ("cyan", 40, 210, 220),
        ("brown", 125, 75, 35), ("white", 250, 250, 250), ("black", 12, 12, 12), ("gray", 128, 128, 128),
    ];

    /// <summary>Distance of two named colours in RGB.</summary>
    public static double Distance(string a, string b)
    {
        var left = All.Single(colour => colour.Name == a);
        var right = All.Single(colour => colour.Name == b);
        return Math.Sqrt(Square(left.Red - right.Red) + Square(left.Green - right.Green) + Square(left.Blue - right.Blue));
    }

    /// <summary>The nearest named colour in CIELAB, where distance follows the eye.</summary>
    public static string Nearest(Colour colour)
    {
        (double l, double a, double b) = Lab(colour.Red, colour.Green, colour.Blue);
        return All.MinBy(named =>
        {
            (double nl, double na, double nb) = Lab(named.Red, named.Green, named.Blue);
            return Square(nl - l) + Square(na - a) + Square(nb - b);
        }).Name;
    }

    /// <summary>sRGB (0…255) to CIELAB, white point D65 (IEC 61966-2-1, CIE 15).</summary>
    private static (double L, double A, double B) Lab(double red, double green, double blue)
    {
        double r = Linear(red), g = Linear(green), b = Linear(blue);
        double x = Response(((0.4124 * r) + (0.3576 * g) + (0.1805 * b)) / 0.9505);
        double y = Response((0.2126 * r) + (0.7152 * g) + (0.0722 * b));
        double z = Response(((0.0193 * r) + (0.1192 * g) + (0.9505 * b)) / 1.089);
        return ((116 * y) - 16, 500 * (x - y), 200 * (y - z));
    }

    private static double Linear(double value) => value / 255 > 0.04045 ? Math.Pow(((value / 255) + 0.055) / 1.055, 2.4) : value / 255 / 12.92;

    private static double Response(double t) => t > 0.008856 ? Math.Cbrt(t) : (7.787 * t) + (16.0 / 116);

    private static double Square(double value) => value * value;
}
