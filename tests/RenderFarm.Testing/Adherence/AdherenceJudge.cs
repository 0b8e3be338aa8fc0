using RenderFarm.Imaging;

namespace RenderFarm.Testing.Adherence;

/// <summary>What a picture shows, by plain image processing.</summary>
/// <param name="Background">Nearest named colour of the border.</param>
/// <param name="Colour">Nearest named colour of the largest object; null if there is none.</param>
/// <param name="Shape">Nearest shape of the largest object; null if there is none.</param>
public sealed record SeenPicture(string Background, string? Colour, string? Shape);

/// <summary>Whether a picture shows what was asked for.</summary>
/// <param name="Background">The background has the right colour.</param>
/// <param name="Colour">The object has the right colour.</param>
/// <param name="Shape">The object has the right shape.</param>
/// <param name="Seen">What was found.</param>
public sealed record AdherenceVerdict(bool Background, bool Colour, bool Shape, SeenPicture Seen)
{
    /// <summary>Everything is right.</summary>
    public bool All => Background && Colour && Shape;
}

/// <summary>Judges how well a picture follows a prompt for one object on a plain background. No learned part.</summary>
/// <remarks>
/// Follows infra/demo-checkpoint/training/judge.py. Its thresholds suit the 64×64 pictures of the demo checkpoint; it finds no fault with
/// the true pictures. Limitations: the place and size of the object are not judged; of several objects the largest counts.
/// </remarks>
public static class AdherenceJudge
{
    private const int BorderWidth = 2;
    private const double FirstThreshold = 70;
    private const double MinThreshold = 45;
    private const int MinArea = 25;
    private const int MinInterior = 8;

    /// <summary>Compares a picture with what a prompt asks for.</summary>
    /// <param name="image">The picture, at least 5×5.</param>
    /// <param name="expected">The prompt and what it asks for.</param>
    /// <returns>The verdict.</returns>
    public static AdherenceVerdict Judge(RgbImage image, HeldOutPrompt expected)
    {
        ArgumentNullException.ThrowIfNull(expected);
        SeenPicture seen = See(image);
        return new AdherenceVerdict(seen.Background == expected.Background, seen.Colour == expected.Colour, seen.Shape == expected.Shape, seen);
    }

    /// <summary>Says what a picture shows.</summary>
    /// <param name="image">The picture, at least 5×5.</param>
    /// <returns>Background, colour and shape.</returns>
    public static SeenPicture See(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Colour background = Colour.Median(image, BorderPixels(image));
        // MaxBy keeps the first of equally large parts.
        Mask? thing = Foreground(image, background).Parts().Where(part => part.Area >= MinArea).MaxBy(part => part.Area);
        if (thing is null)
            return new SeenPicture(DemoColours.Nearest(background), null, null);
        // Pixels at the edge mix object and background.
        Mask interior = thing.Eroded();
        Colour colour = Colour.Median(image, interior.Area >= MinInterior ? interior.Pixels : thing.Pixels);
        return new SeenPicture(DemoColours.Nearest(background), DemoColours.Nearest(colour), ShapeFeatures.Of(thing).Nearest());
    }

    /// <summary>The rows and columns along the border; corners belong to both.</summary>
    private static List<int> BorderPixels(RgbImage image)
    {
        List<int> pixels = [];
        for (int i = 0; i < image.Width * image.Height; i++)
        {
            int x = i % image.Width, y = i / image.Width;
            if (y < BorderWidth || y >= image.Height - BorderWidth)
                pixels.Add(i);
            if (x < BorderWidth || x >= image.Width - BorderWidth)
                pixels.Add(i);
        }

        return pixels;
    }

    /// <summary>Pixels that differ from the background by half the contrast of the object.</summary>
    private static Mask Foreground(RgbImage image, Colour background)
    {
        Mask Beyond(double threshold) => new(image.Width, image.Height, i => Colour.At(image, i).DistanceTo(background) > threshold);

        Mask first = Beyond(FirstThreshold);
        if (first.Area <= 10)
            return first;
        double contrast = Colour.Median(image, first.Pixels).DistanceTo(background);
        return Beyond(Math.Max(MinThreshold, contrast / 2));
    }
}
