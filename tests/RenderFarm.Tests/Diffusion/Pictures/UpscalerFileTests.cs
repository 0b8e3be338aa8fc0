using System.Security.Cryptography;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Pictures;
using RenderFarm.Testing.Onnx;
using RenderFarm.Testing.Onnx.Networks;
using Xunit;

namespace RenderFarm.Tests.Diffusion.Pictures;

/// <summary>What is offered of a folder of upscalers, by which digest, and what is refused before ONNX Runtime opens it.</summary>
public sealed class UpscalerFileTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("renderfarm-upscalers-");
    private readonly string _folder;

    public UpscalerFileTests() => _folder = _root.CreateSubdirectory("upscalers").FullName;

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Upscaler_is_named_by_its_file_and_known_by_the_hash_of_its_bytes()
    {
        var second = UpscalerNetwork.Random(2).Save(In("4x b.onnx"));
        var first = UpscalerNetwork.Repeating(2).Save(In("2x-a.onnx"));
        File.WriteAllText(In("notes.txt"), "not an upscaler");

        Assert.Equal([("2x-a", Hash(first)), ("4x b", Hash(second))], UpscalerFile.ReadFolder(_folder).Select(file => (file.Name, file.Digest)));
    }

    [Fact]
    public void File_is_found_by_its_digest_as_long_as_it_has_these_bytes()
    {
        var file = UpscalerNetwork.Random(2).Save(In("a.onnx"));
        var digest = Hash(file);
        Assert.Equal(file, UpscalerFile.Find(_folder, digest, allowHardLinks: false)!.Path);

        UpscalerNetwork.Random(2, seed: 4).Save(file);
        Assert.Null(UpscalerFile.Find(_folder, digest, allowHardLinks: false));
        Assert.Null(UpscalerFile.Find(null, digest, allowHardLinks: false));
    }

    [Fact]
    public void Weights_beside_the_graph_are_refused_because_one_digest_must_stand_for_all()
    {
        File.WriteAllBytes(In("weights"), new byte[16]);
        new OnnxFile().Input("image", OnnxType.Float, 1, 3, "h", "w").Output("out", OnnxType.Float, 1, 3, "h", "w")
            .External("w", "weights", 4).Node("Neg", ["image"], ["out"]).Save(In("a.onnx"));

        Assert.Contains("it keeps weights in 'weights'; all of it must be in one file", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Symbolic_link_is_refused()
    {
        File.CreateSymbolicLink(In("a.onnx"), UpscalerNetwork.Random(2).Save(Path.Combine(_root.FullName, "elsewhere.onnx")));

        Assert.Contains("it is a link", Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("latent.onnx")]
    [InlineData("lanczos.onnx")]
    [InlineData("sha256:1.onnx")]
    public void Name_that_means_something_else_is_refused(string name)
    {
        UpscalerNetwork.Random(2).Save(In(name));

        Assert.Contains("is neither latent nor lanczos nor begins with sha256:", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Graph_that_takes_no_picture_is_refused()
    {
        new OnnxFile().Input("image", OnnxType.Float, 1, 4, "h", "w").Output("out", OnnxType.Float, 1, 4, "h", "w").Node("Neg", ["image"], ["out"]).Save(In("a.onnx"));

        Assert.Contains("an upscaler's input is [1, 3, h, w]", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_is_no_graph_and_folder_that_is_not_there_are_refused_by_name()
    {
        File.WriteAllText(In("a.onnx"), "a page that says 404");
        Assert.Contains(In("a.onnx"), Refusal(), StringComparison.Ordinal);

        Assert.Contains("the folder of upscalers is missing", Assert.Throws<CheckpointException>(() => UpscalerFile.ReadFolder(In("nowhere"))).Message, StringComparison.Ordinal);
    }

    private string In(string name) => Path.Combine(_folder, name);

    private string Refusal() => Assert.Throws<CheckpointException>(() => UpscalerFile.ReadFolder(_folder)).Message;

    private static string Hash(string file) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
}
