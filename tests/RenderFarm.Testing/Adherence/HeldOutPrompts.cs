using System.IO.Hashing;
using System.Text;

namespace RenderFarm.Testing.Adherence;

/// <summary>A prompt for one object, and what a picture of it must show.</summary>
/// <param name="Prompt">What to render, worded as the training captions are.</param>
/// <param name="Background">Name of the background's colour.</param>
/// <param name="Colour">Name of the object's colour.</param>
/// <param name="Shape">Name of the object's shape.</param>
public sealed record HeldOutPrompt(string Prompt, string Background, string Colour, string Shape);

/// <summary>
/// Prompts whose combination of colour, shape and background the demo checkpoint never saw in training: one in ten, by hash. Combinations
/// and wordings are those of infra/demo-checkpoint/training (dataset.py, captions.py); which of them are drawn for a seed is not.
/// </summary>
public static class HeldOutPrompts
{
    private static readonly string[] s_shapes = ["circle", "square", "triangle", "star", "diamond", "cross", "ring", "heart"];

    private static readonly string[] s_offCentre =
        ["left", "right", "top", "bottom", "top left", "top right", "bottom left", "bottom right"];

    /// <summary>Names of the colours, in the order of the training script.</summary>
    public static IReadOnlyList<string> Colours { get; } = [.. DemoColours.All.Select(colour => colour.Name)];

    /// <summary>Names of the shapes, in the order of the training script.</summary>
    public static IReadOnlyList<string> Shapes => s_shapes;

    /// <summary>Whether a combination was kept out of training: CRC-32 of <c>colour|shape|background</c> divisible by ten.</summary>
    /// <param name="colour">Name of the object's colour.</param>
    /// <param name="shape">Name of the object's shape.</param>
    /// <param name="background">Name of the background's colour.</param>
    /// <returns>True for about a tenth of all combinations.</returns>
    public static bool IsHeldOut(string colour, string shape, string background) =>
        Crc32.HashToUInt32(Encoding.UTF8.GetBytes($"{colour}|{shape}|{background}")) % 10 == 0;

    /// <summary>Draws prompts for single objects, sizes and places as often as in training.</summary>
    /// <param name="count">How many, at least 0.</param>
    /// <param name="seed">The same seed gives the same prompts.</param>
    /// <returns>The prompts; some may repeat.</returns>
    public static IReadOnlyList<HeldOutPrompt> Singles(int count, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Random random = new(seed);
        List<HeldOutPrompt> prompts = [];
        while (prompts.Count < count)
        {
            string colour = Pick(random, [.. Colours]), shape = Pick(random, s_shapes);
            string size = Pick(random, "small", "medium", "medium", "large");
            string place = size != "large" && random.NextDouble() < 0.35 ? Pick(random, s_offCentre) : "center";
            string background = PickBackground(random, colour);
            if (IsHeldOut(colour, shape, background))
                prompts.Add(new HeldOutPrompt(Word(random, colour, shape, size, place, background), background, colour, shape));
        }

        return prompts;
    }

    /// <summary>A background that the object stands out from; white and black more often than the rest.</summary>
    private static string PickBackground(Random random, string colour)
    {
        while (true)
        {
            string background = random.NextDouble() < 0.25 ? "white" : random.NextDouble() < 0.15 ? "black" : Pick(random, [.. Colours]);
            if (DemoColours.Distance(background, colour) > 110)
                return background;
        }
    }

    private static string Word(Random random, string colour, string shape, string size, string place, string background)
    {
        string ground = ColourWord(random, background);
        string thing = $"{SizeWord(random, size)}{ColourWord(random, colour)} {ShapeWord(random, shape)}";
        string where = PlaceWords(random, place);
        return random.Next(8) switch
        {
            <= 2 => $"{Article(thing)}{where} on {Article(ground)} background",
            3 => $"{thing}{where} on {ground}",
            4 => $"{thing}{where}, {ground} background",
            5 => $"{Pick(random, "a picture of ", "a drawing of ", "an image of ")}{Article(thing)}{where} on {Article(ground)} background",
            6 => $"{Article(ground)} background with {Article(thing)}{where}",
            _ => $"{Article(thing)}{where} against {Article(ground)} backdrop",
        };
    }

    private static string PlaceWords(Random random, string place) => place switch
    {
        "center" => Pick(random, "", "", "", "", " in the center", " in the middle"),
        "left" or "right" => Pick(random, $" on the {place}", $" on the {place} side"),
        "top" or "bottom" => $" at the {place}",
        _ => Pick(random, $" in the {place}", $" in the {place} corner"),
    };

    private static string SizeWord(Random random, string size) => size switch
    {
        "small" => Pick(random, "small ", "small ", "little ", "tiny "),
        "large" => Pick(random, "large ", "large ", "big "),
        _ => "",
    };

    private static string ColourWord(Random random, string colour) => colour switch
    {
        "gray" => Pick(random, "gray", "grey"),
        "purple" => Pick(random, "purple", "purple", "violet"),
        "cyan" => Pick(random, "cyan", "cyan", "turquoise"),
        _ => colour,
    };

    private static string ShapeWord(Random random, string shape) => shape switch
    {
        "circle" => Pick(random, "circle", "circle", "disc", "ball"),
        "diamond" => Pick(random, "diamond", "diamond", "rhombus"),
        "cross" => Pick(random, "cross", "cross", "plus sign"),
        _ => shape,
    };

    private static string Article(string words) => ("aeiou".Contains(words[0], StringComparison.Ordinal) ? "an " : "a ") + words;

    private static string Pick(Random random, params string[] choices) => choices[random.Next(choices.Length)];
}
