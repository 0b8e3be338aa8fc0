using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Text;
using RenderFarm.Diffusion.Text.Tokenization;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.ModelTests;

/// <summary>Weighted and long prompts, with the demo checkpoint's text encoder and through its whole pipeline.</summary>
public sealed class PromptTests(DemoPipeline demo) : IClassFixture<DemoPipeline>, IDisposable
{
    private static readonly GenerationRequest Circle = new() { Prompt = "a red circle on a white background", Seed = 42, Steps = 8 };

    private static readonly PromptStyle Weighted = new(PromptSyntax.A1111, 1);

    private static readonly PromptStyle Plain = new(PromptSyntax.Plain, 1);

    private readonly PromptEncoder _encoder = Open();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _encoder.Dispose();

    [Theory]
    [InlineData("a red circle on a white background")]
    [InlineData("")]
    [InlineData("a (red:1) circle")]
    public void Prompt_whose_weights_are_all_1_has_the_bits_of_the_plain_path(string prompt) => Assert.Equal(
        Encode(prompt.Replace("(", "", StringComparison.Ordinal).Replace(":1)", "", StringComparison.Ordinal), Plain), Encode(prompt, Weighted));

    [Fact]
    public void Weighted_prompt_is_another_embedding_with_the_same_mean()
    {
        var (plain, weighted) = (Encode("a red circle", Plain), Encode("a (red:1.5) circle", Weighted));
        Assert.NotEqual(plain, weighted);
        Assert.Equal(plain.Average(value => (double)value), weighted.Average(value => (double)value), 6);
    }

    [Fact]
    public void Long_prompt_is_its_chunks_end_to_end() =>
        Assert.Equal([.. Encode("a red circle", Plain), .. Encode("a blue square", Plain)], Encode("a red circle BREAK a blue square", Weighted));

    [Fact]
    public void Shorter_of_two_prompts_is_padded_with_empty_chunks()
    {
        var (prompt, negative) = _encoder.Encode("a BREAK b BREAK c", "blur", Weighted);
        Assert.Equal((231, 231), (prompt.Tokens, negative!.Tokens));
        Assert.Equal([.. Encode("blur", Plain), .. Encode("", Plain), .. Encode("", Plain)], negative.Values.ToArray());
        Assert.Equal(77, _encoder.Encode("blur", null, Weighted).Prompt.Tokens);
    }

    [Fact]
    public async Task Brackets_are_letters_in_the_plain_syntax()
    {
        var weighted = await Render(Circle with { Prompt = "a (red:1.4) circle" });
        var plain = await Render(Circle with { Prompt = "a (red:1.4) circle", PromptSyntax = "plain" });
        Assert.NotEqual(weighted, plain);
        Assert.Equal(await Render(Circle), await Render(Circle with { PromptSyntax = "plain" }));
    }

    [Fact]
    public async Task Long_prompts_do_not_change_their_neighbours_nor_do_these_change_them()
    {
        var many = Circle with { Prompt = "a red circle BREAK on a white background BREAK", NegativePrompt = "blue" };
        var requests = new[] { Circle, many, Circle with { NegativePrompt = "a BREAK b" }, many with { Seed = 7 }, Circle with { Seed = 7 } };
        var alone = new List<byte[]>();
        foreach (var request in requests) alone.Add(await Render(request));
        Assert.Equal(alone, await Task.WhenAll(requests.Select(Render)));
        Assert.NotEqual(alone[0], alone[1]);
    }

    [Theory]
    [InlineData("(a:1.2.3)", "", "prompt: the weight '1.2.3' is no number.")]
    [InlineData("a", "(b:.)", "negative_prompt: the weight '.' is no number.")]
    public async Task Prompt_that_cannot_be_read_is_refused_by_name(string prompt, string negative, string message)
    {
        var error = await Assert.ThrowsAsync<GenerationException>(() => Render(Circle with { Prompt = prompt, NegativePrompt = negative }));
        Assert.Equal((GenerationError.BadRequest, message), (error.Error, error.Message));
    }

    [Fact]
    public async Task Prompt_of_too_many_chunks_is_refused()
    {
        var breaks = string.Concat(Enumerable.Repeat("a BREAK ", PromptEncoder.MaxChunks));
        await Render(Circle with { Prompt = breaks, Steps = 1 });
        var error = await Assert.ThrowsAsync<GenerationException>(() => Render(Circle with { Prompt = breaks + "a" }));
        Assert.Equal("prompt: it has 33 chunks of 75 tokens; allowed: at most 32.", error.Message);
    }

    [Fact]
    public async Task Unknown_syntax_is_refused_with_the_known_ones()
    {
        var error = await Assert.ThrowsAsync<GenerationException>(() => Render(Circle with { PromptSyntax = "comfy" }));
        Assert.Equal("prompt_syntax is comfy; allowed: a1111, plain.", error.Message);
    }

    private float[] Encode(string prompt, PromptStyle style) => _encoder.Encode(prompt, null, style).Prompt.Values.ToArray();

    private async Task<byte[]> Render(GenerationRequest request) => (await demo.Pipeline.GenerateAsync(request, cancellation: Cancellation)).Image.Pixels.ToArray();

    private static PromptEncoder Open()
    {
        var graph = OnnxGraph.Load(Path.Combine(Repository.DemoCheckpoint, "text_encoder", "model.onnx"), new OnnxSessionFactory(new PipelineOptions()));
        return new PromptEncoder([new TextTower(new ClipTextEncoder(graph), ClipTokenizer.Load(Path.Combine(Repository.DemoCheckpoint, "tokenizer")))], cachedEmbeddings: 4);
    }
}
