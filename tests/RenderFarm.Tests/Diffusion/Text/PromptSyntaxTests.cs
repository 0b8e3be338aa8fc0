using CsCheck;
using RenderFarm.Diffusion.Text;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Text;

/// <summary>Expected values of the first theory are those of the doctest in A1111's prompt_parser.py, digit for digit.</summary>
public sealed class PromptSyntaxTests
{
    private const string Letters = @"()[]:\ 1.-BREAKab";

    public static TheoryData<string, (string Text, double Weight)[]> Known => new()
    {
        { "normal text", [("normal text", 1)] },
        { "an (important) word", [("an ", 1), ("important", 1.1), (" word", 1)] },
        { "(unbalanced", [("unbalanced", 1.1)] },
        { @"\(literal\]", [("(literal]", 1)] },
        { "(unnecessary)(parens)", [("unnecessaryparens", 1.1)] },
        {
            "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
            [
                ("a ", 1), ("house", 1.5730000000000004), (" ", 1.1), ("on", 1), (" a ", 1.1), ("hill", 0.55), (", sun, ", 1.1), ("sky", 1.4641000000000006),
                (".", 1.1),
            ]
        },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void Weights_are_those_that_A1111_reads(string prompt, (string Text, double Weight)[] expected) => Assert.Equal(expected, Read(prompt));

    [Fact]
    public void Prompt_without_brackets_is_one_segment_of_weight_1()
    {
        Assert.Equal([("", 1)], Read(""));
        Assert.Equal([("a cat: 3 of 4, at 10:30", 1)], Read("a cat: 3 of 4, at 10:30"));
    }

    [Fact]
    public void Bracket_that_was_never_opened_is_a_letter() => Assert.Equal([("a) b] c:1.2)", 1)], Read("a) b] c:1.2)"));

    [Fact]
    public void Bracket_that_is_never_closed_weighs_everything_after_it() =>
        Assert.Equal([("a ", 1), ("b ", 1 / 1.1), ("c", 1.1 * (1 / 1.1))], Read("a [b (c"));

    [Theory]
    [InlineData("(cat:1.2)")]
    [InlineData("(cat: 1.2 )")]
    [InlineData("(cat:+1.2)")]
    [InlineData("(cat:01.20)")]
    public void Weight_may_have_a_sign_and_room_around_it(string prompt) => Assert.Equal([("cat", 1.2)], Read(prompt));

    [Theory]
    [InlineData("[cat:1.2]", "cat:1.2", 1 / 1.1)]
    [InlineData("(cat:dog)", "cat:dog", 1.1)]
    [InlineData("(cat:-.5)", "cat", -0.5)]
    public void Colon_that_gives_no_weight_is_a_letter(string prompt, string text, double weight) => Assert.Equal([(text, weight)], Read(prompt));

    [Fact]
    public void Backslash_hides_a_bracket_and_disappears_before_anything_else() =>
        Assert.Equal([(@"a (b) [c] \ d", 1)], Read(@"a \(b\) \[c\] \\ \d"));

    [Theory]
    [InlineData("(cat:1.2.3)", "1.2.3")]
    [InlineData("a (cat:.)", ".")]
    public void Weight_that_is_no_number_is_refused_and_quoted(string prompt, string quoted) =>
        Assert.Equal($"the weight '{quoted}' is no number", Assert.Throws<FormatException>(() => PromptSyntax.Parse(prompt)).Message);

    [Fact]
    public void Break_stands_alone_without_the_space_around_it() =>
        Assert.Equal([("a cat", 1), ("BREAK", -1), ("a dog BREAKS", 1), ("BREAK", -1), ("", 1)], Read("a cat \n BREAK  a dog BREAKS BREAK"));

    [Fact]
    public void Break_in_weighted_brackets_is_the_word_that_A1111_makes_of_it()
    {
        var segments = PromptSyntax.Parse("(a BREAK b)");
        Assert.Equal([("a", 1.1), ("BREAK", -1.1), ("b", 1.1)], segments.Select(segment => (segment.Text, segment.Weight)));
        Assert.DoesNotContain(segments, segment => segment.IsBreak);
    }

    [Fact]
    public void Any_text_is_read_and_neighbours_differ_in_weight() => Gen.Int[0, Letters.Length - 1].Select(i => Letters[i])
        .Array[0, 40].Select(letters => new string(letters)).Sample(prompt =>
        {
            try
            {
                var segments = PromptSyntax.Parse(prompt);
                for (var i = 1; i < segments.Count; i++)
                {
                    if (segments[i].Weight == segments[i - 1].Weight) return false;
                }

                return segments.Count > 0;
            }
            catch (FormatException refused)
            {
                return refused.Message.Contains("is no number", StringComparison.Ordinal);
            }
        }, iter: 5_000);

    [Fact]
    public void Weight_written_out_equals_the_brackets_that_make_it() => Gen.Int[1, 6].Sample(depth =>
    {
        var nested = Read(new string('(', depth) + "cat" + new string(')', depth)).Single().Weight;
        Assert.Equal(Math.Pow(1.1, depth), nested, 12);
    });

    private static (string Text, double Weight)[] Read(string prompt) => [.. PromptSyntax.Parse(prompt).Select(segment => (segment.Text, segment.Weight))];
}
