using System.Text.Json;
using RenderFarm.Diffusion.Text;
using RenderFarm.Diffusion.Text.Tokenization;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Text.Tokenization;

/// <summary>
/// Reference ids made with openai/CLIP's <c>simple_tokenizer.encode</c> on ftfy 6.1.1, and with Transformers 4.45's slow
/// <c>CLIPTokenizer(...).input_ids</c>, with and without ftfy.
/// </summary>
public sealed class ClipTokenizerGoldenTests
{
    [Fact]
    public void Ids_equal_OpenAI_CLIP_on_every_string() =>
        AssertEqualOnAll("openai_ids", text => ClipVocabulary.Ftfy.Encode(text));

    /// <summary>Transformers leaves HTML entities to ftfy, OpenAI decodes what ftfy leaves: strings with such entities may differ.</summary>
    [Fact]
    public void Ids_equal_Transformers_with_ftfy_where_it_equals_OpenAI() =>
        AssertEqualOnAll("hf_slow_ftfy_ids", text => [49_406, .. ClipVocabulary.Ftfy.Encode(text), 49_407], c => c.GetProperty("same_openai_hf").GetBoolean());

    [Fact]
    public void Ids_equal_Transformers_without_ftfy_on_every_string() =>
        AssertEqualOnAll("hf_slow_noftfy_ids", text => [49_406, .. ClipVocabulary.Basic.Encode(text), 49_407]);

    [Fact]
    public void Padded_ids_equal_those_of_Stable_Diffusion_1() =>
        AssertEqualOnAll("hf_padded77", text => ClipVocabulary.Ftfy.Tokenize(text).Ids, c => c.GetProperty("same_openai_hf").GetBoolean());

    [Fact]
    public void Padded_ids_with_pad_zero_equal_OpenAI_CLIP()
    {
        string folder = Directory.CreateTempSubdirectory("renderfarm-clip-").FullName;
        try
        {
            foreach (string name in (string[])["vocab.json", "merges.txt"])
                File.CreateSymbolicLink(Path.Combine(folder, name), Path.Combine(ClipVocabulary.Folder, name));
            ClipVocabulary.WriteConfig(folder, padToken: "!");
            ClipTokenizer tokenizer = ClipTokenizer.Load(folder);
            Assert.Equal(0, tokenizer.PadId);
            AssertEqualOnAll("openai_padded77", text => tokenizer.Tokenize(text).Ids);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void AssertEqualOnAll(string reference, Func<string, int[]> tokenize, Func<JsonElement, bool>? applies = null)
    {
        List<string> differing = [];
        int compared = 0;
        foreach (JsonElement c in ClipVocabulary.Cases().EnumerateArray().Where(c => applies?.Invoke(c) ?? true))
        {
            compared++;
            string text = c.GetProperty("text").GetString()!;
            int[] expected = [.. c.GetProperty(reference).EnumerateArray().Select(id => id.GetInt32())];
            int[] actual = tokenize(text);
            if (!expected.SequenceEqual(actual))
                differing.Add($"{JsonSerializer.Serialize(text)}: expected {string.Join(' ', expected)}, got {string.Join(' ', actual)}");
        }

        Assert.True(compared > 90);
        Assert.True(differing.Count == 0, string.Join('\n', differing));
    }
}
