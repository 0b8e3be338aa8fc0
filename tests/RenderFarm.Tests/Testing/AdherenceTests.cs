using System.IO.Hashing;
using System.Text;
using RenderFarm.Imaging;
using RenderFarm.Testing.Adherence;
using RenderFarm.Tests.Imaging;
using Xunit;

namespace RenderFarm.Tests.Testing;

public sealed class AdherenceTests
{
    private const int Side = 64;

    public static TheoryData<string> Shapes => [.. HeldOutPrompts.Shapes];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Shape_is_recognized_at_every_size_and_place(string shape)
    {
        foreach (double radius in (double[])[10, 13, 17, 24])
        {
            foreach ((double x, double y) in ((double, double)[])[(32, 32), (31.3, 33.4)])
                Assert.Equal(new SeenPicture("white", "red", shape), AdherenceJudge.See(Draw(shape, "red", "white", x, y, radius)));
        }
    }

    [Fact]
    public void Every_pair_of_colours_that_stand_out_is_recognized()
    {
        foreach (string colour in HeldOutPrompts.Colours)
        {
            foreach (string background in HeldOutPrompts.Colours.Where(b => DemoColour.Contrast(colour, b) > 110))
                Assert.Equal(new SeenPicture(background, colour, "circle"), AdherenceJudge.See(Draw("circle", colour, background, 32, 32, 16)));
        }
    }

    [Fact]
    public void Verdict_names_what_is_wrong()
    {
        HeldOutPrompt expected = new("a red star on a white background", "white", "red", "star");
        Assert.True(AdherenceJudge.Judge(Draw("star", "red", "white", 32, 32, 16), expected).All);
        AssertVerdict((true, true, false), Draw("circle", "red", "white", 32, 32, 16));
        AssertVerdict((true, false, true), Draw("star", "blue", "white", 32, 32, 16));
        AssertVerdict((false, true, true), Draw("star", "red", "yellow", 32, 32, 16));

        void AssertVerdict((bool, bool, bool) right, RgbImage image)
        {
            AdherenceVerdict verdict = AdherenceJudge.Judge(image, expected);
            Assert.Equal(right, (verdict.Background, verdict.Colour, verdict.Shape));
            Assert.False(verdict.All);
        }
    }

    [Fact]
    public void Empty_picture_shows_no_object() =>
        Assert.Equal(new SeenPicture("cyan", null, null), AdherenceJudge.See(Pictures.Solid(Side, Side, 40, 210, 220)));

    [Fact]
    public void Largest_object_counts()
    {
        RgbImage image = Draw("square", "blue", "white", 46, 46, 12);
        Draw("circle", "red", "white", 12, 12, 7).Pixels.AsSpan(0, Side * 24 * 3).CopyTo(image.Pixels);
        Assert.Equal(new SeenPicture("white", "blue", "square"), AdherenceJudge.See(image));
    }

    /// <summary>
    /// In infra/demo-checkpoint/training: <c>'\n'.join(f"{c}|{s}|{b}" for c in COLOURS for s in SHAPES for b in COLOURS if
    /// zlib.crc32(f"{c}|{s}|{b}".encode()) % 10 == 0)</c> has 119 lines and the CRC-32 below.
    /// </summary>
    [Fact]
    public void Same_combinations_are_held_out_as_in_training()
    {
        string[] heldOut = [.. from colour in HeldOutPrompts.Colours
                               from shape in HeldOutPrompts.Shapes
                               from background in HeldOutPrompts.Colours
                               where HeldOutPrompts.IsHeldOut(colour, shape, background)
                               select $"{colour}|{shape}|{background}"];
        Assert.Equal(119, heldOut.Length);
        Assert.Equal(0x68019A6Cu, Crc32.HashToUInt32(Encoding.UTF8.GetBytes(string.Join('\n', heldOut))));
    }

    [Fact]
    public void Prompts_are_held_out_and_say_what_they_expect()
    {
        IReadOnlyList<HeldOutPrompt> prompts = HeldOutPrompts.Singles(500, seed: 1);
        Assert.Equal(500, prompts.Count);
        Assert.All(prompts, prompt => Assert.True(HeldOutPrompts.IsHeldOut(prompt.Colour, prompt.Shape, prompt.Background)));
        Assert.All(prompts, prompt => Assert.True(DemoColour.Contrast(prompt.Colour, prompt.Background) > 110));
        Assert.All(prompts.Where(prompt => prompt.Colour == "red" && prompt.Shape == "star"), prompt => Assert.Contains("red star", prompt.Prompt, StringComparison.Ordinal));
        Assert.DoesNotContain(prompts, prompt => prompt.Prompt.Contains("a orange", StringComparison.Ordinal) || prompt.Prompt.Contains("  ", StringComparison.Ordinal));
        Assert.InRange(prompts.Select(prompt => prompt.Prompt).Distinct().Count(), 300, 500);
        Assert.InRange(prompts.Select(prompt => prompt.Shape).Distinct().Count(), 8, 8);
    }

    [Fact]
    public void Seed_decides_the_prompts()
    {
        Assert.Equal(HeldOutPrompts.Singles(20, 7), HeldOutPrompts.Singles(20, 7));
        Assert.NotEqual(HeldOutPrompts.Singles(20, 7), HeldOutPrompts.Singles(20, 8));
    }

    /// <summary>Draws a shape by asking, at 4×4 points of every pixel, whether they lie inside it.</summary>
    private static RgbImage Draw(string shape, string colour, string background, double centreX, double centreY, double radius)
    {
        (byte Red, byte Green, byte Blue) ink = DemoColour.Of(colour), paper = DemoColour.Of(background);
        byte[] pixels = new byte[Side * Side * 3];
        for (int i = 0; i < Side * Side; i++)
        {
            int inside = 0;
            for (int sample = 0; sample < 16; sample++)
            {
                double x = ((i % Side) + (((sample % 4) + 0.5) / 4) - centreX) / radius;
                double y = ((i / Side) + (((sample / 4) + 0.5) / 4) - centreY) / radius;
                inside += Contains(shape, x, y) ? 1 : 0;
            }

            pixels[i * 3] = Mix(paper.Red, ink.Red);
            pixels[(i * 3) + 1] = Mix(paper.Green, ink.Green);
            pixels[(i * 3) + 2] = Mix(paper.Blue, ink.Blue);

            byte Mix(byte a, byte b) => (byte)(((a * (16 - inside)) + (b * inside)) / 16);
        }

        return new RgbImage(Side, Side, pixels);
    }

    /// <summary>The shapes at radius 1, y downwards, in the proportions of the training pictures.</summary>
    private static bool Contains(string shape, double x, double y)
    {
        double r = Math.Sqrt((x * x) + (y * y));
        return shape switch
        {
            "circle" => r <= 1,
            "ring" => r is <= 1 and >= 0.52,
            "square" => Math.Abs(x) <= 0.86 && Math.Abs(y) <= 0.86,
            "diamond" => (Math.Abs(x) / 0.85) + (Math.Abs(y) / 1.15) <= 1,
            "cross" => (Math.Abs(x) <= 0.33 && Math.Abs(y) <= 1) || (Math.Abs(y) <= 0.33 && Math.Abs(x) <= 1),
            "triangle" => y <= 0.85 && Math.Abs(x) <= 1.05 * (y + 1) / 1.85,
            "star" => InStar(x, y - 0.05),
            "heart" => InHeart(x / 1.05, y / 1.05),
            _ => throw new ArgumentOutOfRangeException(nameof(shape), shape, "No such shape."),
        };
    }

    /// <summary>Five points at 1.15, five notches at 0.42 of that, straight edges between.</summary>
    private static bool InStar(double x, double y)
    {
        double angle = Math.Abs(Math.IEEERemainder(Math.Atan2(x, -y), 2 * Math.PI / 5)), distance = Math.Sqrt((x * x) + (y * y));
        (double notchX, double notchY) = (0.42 * Math.Sin(Math.PI / 5), 0.42 * Math.Cos(Math.PI / 5));
        (double px, double py) = (distance / 1.15 * Math.Sin(angle), distance / 1.15 * Math.Cos(angle));
        // Left of the edge from the tip (0, 1) to the notch.
        return (notchX * (py - 1)) - ((notchY - 1) * px) <= 0;
    }

    /// <summary>The curve x = sin³t, y = (13 cos t − 5 cos 2t − 2 cos 3t − cos 4t) / 16, shifted by 2/16, as a polygon.</summary>
    private static bool InHeart(double x, double y)
    {
        bool inside = false;
        (double lastX, double lastY) = Point(0);
        for (int i = 1; i <= 60; i++)
        {
            (double nextX, double nextY) = Point(2 * Math.PI * i / 60);
            if (lastY > y != nextY > y && x < ((nextX - lastX) * (y - lastY) / (nextY - lastY)) + lastX)
                inside = !inside;
            (lastX, lastY) = (nextX, nextY);
        }

        return inside;

        static (double X, double Y) Point(double t) =>
            (Math.Pow(Math.Sin(t), 3), -((13 * Math.Cos(t)) - (5 * Math.Cos(2 * t)) - (2 * Math.Cos(3 * t)) - Math.Cos(4 * t) + 2) / 16);
    }

    /// <summary>The named colours again, so that a wrong table in the judge shows.</summary>
    private static class DemoColour
    {
        public static (byte Red, byte Green, byte Blue) Of(string name) => name switch
        {
            "red" => (220, 30, 30),
            "green" => (30, 160, 50),
            "blue" => (35, 70, 220),
            "yellow" => (245, 222, 40),
            "orange" => (245, 140, 25),
            "purple" => (130, 45, 175),
            "pink" => (250, 140, 190),
            "cyan" => (40, 210, 220),
            "brown" => (125, 75, 35),
            "white" => (250, 250, 250),
            "black" => (12, 12, 12),
            "gray" => (128, 128, 128),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such colour."),
        };

        public static double Contrast(string a, string b)
        {
            var (p, q) = (Of(a), Of(b));
            return Math.Sqrt(Math.Pow(p.Red - q.Red, 2) + Math.Pow(p.Green - q.Green, 2) + Math.Pow(p.Blue - q.Blue, 2));
        }
    }
}
