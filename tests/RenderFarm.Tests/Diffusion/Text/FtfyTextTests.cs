using RenderFarm.Diffusion.Text.Cleaning;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Text;

/// <summary>What ftfy's documentation promises, and the cases around it.</summary>
public sealed class FtfyTextTests
{
    [Theory]
    [InlineData("Ãºnico", "único")]
    [InlineData("This â€” should be an em dash", "This — should be an em dash")]
    [InlineData("This text is sad .â\u0081”.", "This text is sad .⁔.")]
    [InlineData("The more you know ðŸŒ ", "The more you know 🌠")]
    [InlineData("uÌˆnicode", "ünicode")]
    [InlineData("voilÃ  le travail", "voilà le travail")]
    [InlineData("âœ” No problems", "✔ No problems")]
    [InlineData("â€œ like this â€\uFFFD", "\" like this \uFFFD")]
    [InlineData("Ã‚Â¿QuiÃ©n?", "¿Quién?")]
    [InlineData("à perturber la rÃ©flexion", "à perturber la réflexion")]
    [InlineData("This text was never UTF-8 at all\u0085", "This text was never UTF-8 at all…")]
    public void Mojibake_is_repaired(string broken, string repaired) => Assert.Equal(repaired, FtfyText.Fix(broken));

    [Theory]
    [InlineData("This text is fine already :þ")]
    [InlineData("AHÅ™, the new sofa from IKEA®")]
    [InlineData("L'été à la plage, 20 °C, 5 €")]
    [InlineData("Москва слезам не верит")]
    [InlineData("(>ω<) (ノ°Д°）ノ")]
    public void Honest_text_is_left_alone(string text) => Assert.Equal(text.Replace('）', ')'), FtfyText.Fix(text));

    [Theory]
    [InlineData("P&EACUTE;REZ &ntilde;&NTILDE;&nTILDE; this&not that", "PÉREZ ñÑ&nTILDE; this&not that")]
    [InlineData("&lt;3 &amp;amp; &#x2019;", "<3 & '")]
    [InlineData("<em>&lt;3</em>", "<em>&lt;3</em>")]
    public void Entities_are_decoded_unless_there_is_an_angle_bracket(string text, string expected) => Assert.Equal(expected, FtfyText.Fix(text));

    [Fact]
    public void Angle_bracket_keeps_entities_on_later_lines_but_not_on_earlier_ones() =>
        Assert.Equal("&\n<b>\n&amp;", FtfyText.Fix("&amp;\n<b>\n&amp;"));

    [Theory]
    [InlineData("ＬＯＵＤ　ＮＯＩＳＥＳ ｱ", "LOUD NOISES ア")]
    [InlineData("ﬂuﬃeﬆ Ĳ ŉ", "fluffiest IJ 'n")]
    [InlineData("“curly” ‘quotes’ ʼ", "\"curly\" 'quotes' '")]
    [InlineData("a\r\nb\rc\u2028d\u2029e", "a\nb\nc\nd\ne")]
    [InlineData("\u001B[36;44mblue\u001B[0m\u0007\uFEFF\u206A\uFFFC", "blue")]
    [InlineData("e\u0301 \u1112\u1161\u11AB", "é 한")]
    public void Characters_are_simplified(string text, string expected) => Assert.Equal(expected, FtfyText.Fix(text));

    [Fact]
    public void Half_a_surrogate_pair_becomes_a_replacement_character() => Assert.Equal("a\uFFFDb🐈", FtfyText.Fix("a\uD83Db🐈"));
}
