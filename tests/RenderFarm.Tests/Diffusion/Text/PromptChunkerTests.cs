using RenderFarm.Diffusion.Text;
using RenderFarm.Diffusion.Text.Tokenization;
using RenderFarm.Tests.Diffusion.Text.Tokenization;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Text;

public sealed class PromptChunkerTests
{
    private const int Begin = 49_406;
    private const int End = 49_407;
    private const int Cat = 2_368;
    private const int Comma = 267;

    private static readonly ClipTokenizer Tokenizer = ClipVocabulary.Ftfy;

    [Theory]
    [InlineData("")]
    [InlineData("a photo of a cat")]
    [InlineData("Crème brûlée, 4k: \"best\" <|endoftext|> of 2024")]
    public void Short_prompt_without_weights_is_the_plain_tokens(string prompt)
    {
        var chunk = Assert.Single(Cut(prompt));
        Assert.Equal(Tokenizer.Tokenize(prompt).Ids, chunk.Ids);
        Assert.False(chunk.IsWeighted);
    }

    [Fact]
    public void Prompt_of_75_tokens_is_one_chunk_and_of_76_two()
    {
        Assert.Equal(Tokenizer.Tokenize(Cats(75)).Ids, Assert.Single(Cut(Cats(75))).Ids);
        var chunks = Cut(Cats(76));
        Assert.Equal(2, chunks.Count);
        Assert.Equal([Begin, Cat, End, End], chunks[1].Ids[..4]);
        Assert.All(chunks, chunk => Assert.Equal((77, Begin, End), (chunk.Ids.Length, chunk.Ids[0], chunk.Ids[76])));
    }

    [Fact]
    public void Full_chunk_ends_after_a_comma_that_is_near()
    {
        var chunks = Cut(Cats(60) + ", " + Cats(20));
        Assert.Equal(2, chunks.Count);
        Assert.Equal([Cat, Comma, End, End], chunks[0].Ids[60..64]);
        Assert.Equal(20, chunks[1].Ids.Count(id => id == Cat));
    }

    [Fact]
    public void Comma_more_than_20_tokens_from_the_end_of_a_chunk_does_not_end_it()
    {
        // The comma of 54 words has place 54: 21 tokens from the end. That of 55 words is still within reach.
        Assert.Equal([Cat, End], Cut(Cats(54) + ", " + Cats(40))[0].Ids[75..]);
        Assert.Equal([Comma, End], Cut(Cats(55) + ", " + Cats(40))[0].Ids[56..58]);
    }

    [Fact]
    public void Comma_that_comes_when_the_chunk_is_full_begins_the_next() =>
        Assert.Equal([Begin, Comma, Cat, End], Cut(Cats(75) + ", cat")[1].Ids[..4]);

    [Fact]
    public void Break_fills_the_chunk_and_begins_another()
    {
        var chunks = Cut("cat BREAK cat cat BREAK");
        Assert.Equal(2, chunks.Count);
        Assert.Equal([Begin, Cat, End, End], chunks[0].Ids[..4]);
        Assert.Equal([Begin, Cat, Cat, End], chunks[1].Ids[..4]);
    }

    [Fact]
    public void Weights_stand_at_their_tokens_also_when_these_move_to_the_next_chunk()
    {
        var chunks = Cut("(cat:1.3) cat");
        Assert.Equal([1, 1.3f, 1, 1], chunks[0].Weights[..4]);

        chunks = Cut(Cats(70) + ", (" + Cats(10) + ":0.5)");
        Assert.False(chunks[0].IsWeighted);
        Assert.Equal([1, .. Enumerable.Repeat(0.5f, 10), 1], chunks[1].Weights[..12]);
    }

    private static IReadOnlyList<PromptChunk> Cut(string prompt) => PromptChunker.Cut(PromptSyntax.Parse(prompt), Tokenizer);

    private static string Cats(int count) => string.Join(' ', Enumerable.Repeat("cat", count));
}
