namespace RenderFarm.Testing.Adherence;

/// <summary>Five numbers that tell the demo checkpoint's eight shapes apart.</summary>
/// <param name="Extent">Filled area ÷ bounding box.</param>
/// <param name="Solidity">Filled area ÷ convex hull.</param>
/// <param name="CentroidHeight">Height of the centre of gravity in the bounding box, 0 top, 1 bottom.</param>
/// <param name="HoleFraction">Area of holes ÷ filled area.</param>
/// <param name="Aspect">Height ÷ width.</param>
internal sealed record ShapeFeatures(double Extent, double Solidity, double CentroidHeight, double HoleFraction, double Aspect)
{
    // From the geometry in which the shapes are drawn, not fitted to any picture (judge.py, PROTOTYPES and SCALES).
    private static readonly (string Shape, ShapeFeatures Features)[] s_prototypes =
    [
        ("circle", new(0.785, 0.98, 0.5, 0, 1)),
        ("ring", new(0.785, 0.98, 0.5, 0.27, 1)),
        ("square", new(1, 1, 0.5, 0, 1)),
        ("triangle", new(0.52, 0.95, 0.655, 0, 0.88)),
        ("diamond", new(0.52, 0.94, 0.5, 0, 1.35)),
        ("star", new(0.36, 0.54, 0.53, 0, 0.95)),
        ("cross", new(0.55, 0.72, 0.5, 0, 1)),
        ("heart", new(0.66, 0.92, 0.41, 0, 0.95)),
    ];

    private static readonly ShapeFeatures s_scales = new(0.08, 0.08, 0.06, 0.08, 0.25);

    public static ShapeFeatures Of(Mask mask)
    {
        int left = mask.Pixels.Min(i => i % mask.Width), right = mask.Pixels.Max(i => i % mask.Width);
        int top = mask.Pixels[0] / mask.Width, bottom = mask.Pixels[^1] / mask.Width;
        double width = right - left + 1, height = bottom - top + 1;
        Mask filled = mask.Filled();
        return new ShapeFeatures(
            filled.Area / (width * height),
            filled.Area / HullArea(mask),
            (filled.Pixels.Average(i => i / mask.Width) + 0.5 - top) / height,
            (filled.Area - mask.Area) / (double)filled.Area,
            height / width);
    }

    public string Nearest() => s_prototypes.MinBy(prototype => DistanceTo(prototype.Features)).Shape;

    private double DistanceTo(ShapeFeatures other)
    {
        static double Square(double difference, double scale) => difference / scale * (difference / scale);

        return Square(Extent - other.Extent, s_scales.Extent) + Square(Solidity - other.Solidity, s_scales.Solidity) +
            Square(CentroidHeight - other.CentroidHeight, s_scales.CentroidHeight) +
            Square(HoleFraction - other.HoleFraction, s_scales.HoleFraction) + Square(Aspect - other.Aspect, s_scales.Aspect);
    }

    /// <summary>Area of the convex hull of all pixel corners (Andrew's monotone chain).</summary>
    private static double HullArea(Mask mask)
    {
        (int X, int Y)[] corners = [.. mask.Pixels
            .SelectMany(i => ((int, int)[])[Corner(i, 0, 0), Corner(i, 1, 0), Corner(i, 0, 1), Corner(i, 1, 1)])
            .Distinct()
            .Order()];
        List<(int X, int Y)> hull = [.. Chain(corners), .. Chain(Enumerable.Reverse(corners))];
        long twice = 0;
        for (int i = 0; i < hull.Count; i++)
        {
            (int x, int y) = hull[i];
            (int nextX, int nextY) = hull[(i + 1) % hull.Count];
            twice += ((long)x * nextY) - ((long)nextX * y);
        }

        return Math.Abs(twice) / 2.0;

        (int X, int Y) Corner(int i, int dx, int dy) => ((i % mask.Width) + dx, (i / mask.Width) + dy);
    }

    /// <summary>Half of the hull, without its last point, which begins the other half.</summary>
    private static List<(int X, int Y)> Chain(IEnumerable<(int X, int Y)> sorted)
    {
        List<(int X, int Y)> chain = [];
        foreach (var point in sorted)
        {
            while (chain.Count >= 2 && Cross(chain[^2], chain[^1], point) <= 0)
                chain.RemoveAt(chain.Count - 1);
            chain.Add(point);
        }

        chain.RemoveAt(chain.Count - 1);
        return chain;
    }

    private static long Cross((int X, int Y) o, (int X, int Y) a, (int X, int Y) b) =>
        ((long)(a.X - o.X) * (b.Y - o.Y)) - ((long)(a.Y - o.Y) * (b.X - o.X));
}
