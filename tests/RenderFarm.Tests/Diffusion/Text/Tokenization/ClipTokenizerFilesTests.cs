using RenderFarm.Diffusion.Text.Tokenization;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Text.Tokenization;

public sealed class ClipTokenizerFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("renderfarm-tokenizer-").FullName;

    public ClipTokenizerFilesTests()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(ClipVocabulary.DemoCheckpoint, "tokenizer")))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    [InlineData("tokenizer_config.json")]
    public void Missing_file_is_named(string file)
    {
        File.Delete(Path.Combine(_folder, file));
        Assert.Contains(file, Assert.Throws<FileNotFoundException>(() => ClipTokenizer.Load(_folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vocab.json", "{", "not valid JSON")]
    [InlineData("vocab.json", "[1]", "a JSON object is needed")]
    [InlineData("vocab.json", """{"a":0,"b":2}""", "none with the id 1")]
    [InlineData("vocab.json", """{"a":"x"}""", "the token \"a\" has the id x")]
    [InlineData("merges.txt", "#version: 0.2\na b c", "line 2: \"a b c\" is not two symbols")]
    [InlineData("merges.txt", "a c\nzz q", "the token \"zz\" is not in vocab.json, but line 2 merges it")]
    [InlineData("merges.txt", "gr ound</w>", "merges a symbol that no earlier line makes")]
    [InlineData("tokenizer_config.json", """{"pad_token":"[PAD]"}""", "the token \"[PAD]\" is not in vocab.json, but is its pad_token")]
    [InlineData("tokenizer_config.json", """{"model_max_length":2}""", "model_max_length is 2")]
    public void Damaged_file_is_named_with_what_is_wrong(string file, string content, string reason)
    {
        File.WriteAllText(Path.Combine(_folder, file), content);
        string message = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(_folder)).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Special_tokens_map_fills_what_the_config_leaves_out()
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), """{"model_max_length": 1000000000000000019884624838656}""");
        File.WriteAllText(Path.Combine(_folder, "special_tokens_map.json"), """{"pad_token": {"content": "!"}}""");
        ClipTokenizer tokenizer = ClipTokenizer.Load(_folder);
        Assert.Equal((77, 0, 838, 839), (tokenizer.ContextLength, tokenizer.PadId, tokenizer.BeginId, tokenizer.EndId));
    }
}
