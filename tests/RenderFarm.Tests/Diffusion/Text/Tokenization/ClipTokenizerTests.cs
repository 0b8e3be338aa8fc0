using System.Diagnostics;
using CsCheck;
using RenderFarm.Diffusion.Text;
using RenderFarm.Diffusion.Text.Tokenization;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Text.Tokenization;

public sealed class ClipTokenizerTests
{
    [Fact]
    public void Prompt_is_framed_and_padded_to_the_context_length()
    {
        ClipTokens tokens = ClipVocabulary.Ftfy.Tokenize("a photo of a cat");
        Assert.Equal([49_406, 320, 1_125, 539, 320, 2_368, 49_407, 49_407], tokens.Ids[..8]);
        Assert.Equal((77, 7, false, null), (tokens.Ids.Length, tokens.Count, tokens.Truncated, tokens.DroppedText));
    }

    [Fact]
    public void Empty_prompt_is_begin_and_end()
    {
        ClipTokens tokens = ClipVocabulary.Ftfy.Tokenize(" \t\n ");
        Assert.Equal(2, tokens.Count);
        Assert.Equal(49_406, tokens.Ids[0]);
        Assert.All(tokens.Ids[1..], id => Assert.Equal(49_407, id));
    }

    [Theory]
    [InlineData(75, null)]
    [InlineData(76, "cat")]
    [InlineData(78, "cat cat cat")]
    public void Words_beyond_the_context_are_dropped_and_told(int words, string? dropped)
    {
        ClipTokens tokens = ClipVocabulary.Ftfy.Tokenize(string.Join(' ', Enumerable.Repeat("CAT", words)));
        Assert.Equal(dropped, tokens.DroppedText);
        Assert.Equal((77, 49_407), (tokens.Count, tokens.Ids[76]));
        Assert.Equal(2_368, tokens.Ids[75]);
    }

    [Fact]
    public void Word_that_is_cut_in_two_counts_as_dropped()
    {
        ClipTokens tokens = ClipVocabulary.Ftfy.Tokenize(string.Join(' ', Enumerable.Repeat("cat", 74)) + " antidisestablishmentarianism");
        Assert.Equal("antidisestablishmentarianism", tokens.DroppedText);
        Assert.Equal(77, tokens.Count);
    }

    [Fact]
    public void Special_tokens_in_a_prompt_become_their_ids()
    {
        Assert.Equal([320, 49_407, 321], ClipVocabulary.Ftfy.Encode("a <|endoftext|> b"));
        Assert.Equal([320, 49_406, 321], ClipVocabulary.Basic.Encode("a<|startoftext|>b"));
    }

    [Fact]
    public void Demo_tokenizer_spells_unknown_words_in_bytes()
    {
        ClipTokenizer tokenizer = ClipTokenizer.Load(Path.Combine(ClipVocabulary.DemoCheckpoint, "tokenizer"));
        Assert.Equal((840, 77, tokenizer.EndId), (tokenizer.VocabularySize, tokenizer.ContextLength, tokenizer.PadId));
        Assert.Equal(4, tokenizer.Encode("a large red circle").Length);
        Assert.Equal(12, tokenizer.Encode("日本語の").Length);
        Assert.All(tokenizer.Encode("Pneumonoultramicroscopic 🐈‍⬛ zażółć"), id => Assert.InRange(id, 0, 839));
    }

    [Fact]
    public void Any_text_gives_ids_of_the_vocabulary_that_do_not_depend_on_the_cache()
    {
        ClipTokenizer fresh = ClipTokenizer.Load(ClipVocabulary.Folder);
        Gen.String[0, 60].Sample(text =>
        {
            int[] ids = ClipVocabulary.Ftfy.Encode(text);
            return ids.All(id => id is >= 0 and <= 49_407) && ids.SequenceEqual(ClipVocabulary.Ftfy.Encode(text)) && ids.SequenceEqual(fresh.Encode(text));
        }, iter: 2_000);
    }

    [Fact]
    public void Many_threads_get_the_ids_of_one()
    {
        ClipTokenizer tokenizer = ClipTokenizer.Load(ClipVocabulary.Folder);
        string[] prompts = [.. Enumerable.Range(0, 200).Select(i => $"prompt number {i % 50}: a très détaillé castle on hill {i * 7 % 13}, trending")];
        int[][] expected = [.. prompts.Select(ClipVocabulary.Ftfy.Encode)];
        Parallel.For(0, 2_000, i => Assert.Equal(expected[i % 200], tokenizer.Encode(prompts[i % 200])));
    }

    /// <summary>Quadratic merging would take minutes here; the bound is generous enough for any machine.</summary>
    [Fact]
    public void Long_prompts_stay_fast_even_without_a_space_in_them()
    {
        Random random = new(1);
        string word = new([.. Enumerable.Range(0, 100_000).Select(_ => (char)random.Next('a', 'z' + 1))]);
        Stopwatch watch = Stopwatch.StartNew();
        Assert.InRange(ClipVocabulary.Ftfy.Encode(word).Length, 30_000, 60_000);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"100,000 letters took {watch.Elapsed}.");
    }
}
