using System.Text.Json;
using RenderFarm.Diffusion.Text.Cleaning;
using RenderFarm.Tests.Diffusion.Text.Tokenization;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Text;

/// <summary>The pieces of text cleaning against CPython 3.11.2 on random strings (golden/tokens/python_text.json says which calls).</summary>
public sealed class PythonTextGoldenTests
{
    [Fact]
    public void Composed_form_equals_unicodedata() => AssertEqualOnAll("nfc", ComposedForm.Normalize);

    [Fact]
    public void Entities_equal_html_unescape() => AssertEqualOnAll("unescaped", HtmlEntities.Unescape);

    [Fact]
    public void Lower_case_equals_str_lower() => AssertEqualOnAll("lower", PythonText.ToLower);

    [Fact]
    public void White_space_collapses_as_with_re_sub() => AssertEqualOnAll("collapsed", PythonText.CollapseWhiteSpace);

    private static void AssertEqualOnAll(string reference, Func<string, string> transform)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(ClipVocabulary.Golden, "tokens", "python_text.json")));
        JsonElement[] cases = [.. document.RootElement.GetProperty("cases").EnumerateArray()];
        Assert.Equal(400, cases.Length);
        Assert.All(cases, c => Assert.Equal(c.GetProperty(reference).GetString(), transform(c.GetProperty("text").GetString()!)));
    }
}
