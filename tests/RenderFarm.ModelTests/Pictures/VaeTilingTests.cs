using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Vae;
using RenderFarm.Imaging;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.ModelTests.Pictures;

/// <summary>The demo checkpoint's VAE in tiles and in one piece, on a picture of many shapes.</summary>
public sealed class VaeTilingTests(ITestOutputHelper output)
{
    private const float Scale = 0.84222f;
    private static readonly VaeTiling Never = new(int.MaxValue, 1, 0, 0);
    private static readonly OnnxSessionFactory Sessions = new(new PipelineOptions());

    [Fact]
    public void Size_alone_decides_and_the_largest_piece_is_1024_by_1024_pixels()
    {
        Assert.False(VaeTiling.Standard.AppliesTo(new LatentShape(4, 128, 128)));
        Assert.False(VaeTiling.Standard.AppliesTo(new LatentShape(4, 64, 256)));
        Assert.True(VaeTiling.Standard.AppliesTo(new LatentShape(4, 128, 136)));
    }

    [Fact]
    public void Small_tiles_already_decode_and_encode_to_nearly_the_same()
    {
        // Tiles a quarter as long as the standard's: their statistics differ more from the whole's.
        var (decoded, encoded) = Measure(new LatentShape(4, 48, 48), new VaeTiling(1, 32, 16, 8));
        Assert.True(decoded.Decibels > 45 && encoded < 0.03, FormattableString.Invariant($"{decoded.Decibels:F1} dB; {encoded:F3} of the deviation"));
    }

    /// <summary>Takes 4 GB: the attention of the whole. The figures stand in docs/adr/0013.</summary>
    [Fact(Explicit = true)]
    public void Standard_tiles_decode_and_encode_to_nearly_the_same()
    {
        var (decoded, encoded) = Measure(new LatentShape(4, 96, 192), VaeTiling.Standard);
        Assert.True(decoded is { Decibels: > 50, Largest: <= 6 } && encoded < 0.01);
    }

    [Fact]
    public void Tiles_of_equal_pictures_are_equal_bytes()
    {
        var shape = new LatentShape(4, 24, 40);
        using var decoder = Decoder(new VaeTiling(1, 16, 8, 4));
        var latent = new float[shape.Length];
        NoiseStreams.Create("torch_cpu", 1).Draw(latent);
        Assert.Equal(decoder.Decode(latent, shape, TestContext.Current.CancellationToken).Pixels, decoder.Decode(latent, shape, TestContext.Current.CancellationToken).Pixels);
    }

    private ((int Largest, double Decibels) Decoded, double Encoded) Measure(LatentShape shape, VaeTiling tiling)
    {
        var picture = Picture(shape.Width * 8, shape.Height * 8);
        float[] whole, pieces;
        using (var encoder = Encoder(Never)) whole = encoder.Encode(picture, shape, new NoNoise());
        using (var encoder = Encoder(tiling)) pieces = encoder.Encode(picture, shape, new NoNoise());
        var mean = whole.Average();
        var deviation = Math.Sqrt(whole.Average(value => (value - mean) * (value - mean)));
        var encoded = Math.Sqrt(whole.Zip(pieces).Average(pair => Math.Pow(pair.First - pair.Second, 2))) / deviation;

        RgbImage expected, actual;
        using (var decoder = Decoder(Never)) expected = decoder.Decode(whole, shape, TestContext.Current.CancellationToken);
        using (var decoder = Decoder(tiling)) actual = decoder.Decode(whole, shape, TestContext.Current.CancellationToken);
        var largest = expected.Pixels.Zip(actual.Pixels).Max(pair => Math.Abs(pair.First - pair.Second));
        var decibels = PeakSignalToNoise.Decibels(expected, actual);
        output.WriteLine(FormattableString.Invariant(
            $"{picture.Width}×{picture.Height}: decoded {decibels:F1} dB, largest difference {largest} of 255; encoded {encoded:F4} of the latent's deviation (RMS)"));
        return ((largest, decibels), encoded);
    }

    private static VaeDecoder Decoder(VaeTiling tiling) => new(Graph("vae_decoder"), Scale, 8, tiling);

    private static VaeEncoder Encoder(VaeTiling tiling) => new(Graph("vae_encoder"), Scale, 8, tiling);

    private static OnnxGraph Graph(string folder) => OnnxGraph.Load(Path.Combine(Repository.DemoCheckpoint, folder, "model.onnx"), Sessions);

    /// <summary>Discs and squares of plain colours, 64 pixels apart, as the demo checkpoint paints them.</summary>
    private static RgbImage Picture(int width, int height)
    {
        (byte, byte, byte)[] colours = [(220, 40, 40), (40, 60, 220), (40, 160, 60), (240, 200, 40), (20, 20, 20)];
        var random = new Random(7);
        var cells = Enumerable.Range(0, ((width / 64) + 1) * ((height / 64) + 1)).Select(_ => (Front: random.Next(5), Round: random.Next(2) == 0)).ToArray();
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i += 3)
        {
            var (x, y) = (i / 3 % width, i / 3 / width);
            var (front, round) = cells[(y / 64 * ((width / 64) + 1)) + (x / 64)];
            var (dx, dy) = ((x % 64) - 32, (y % 64) - 32);
            var inside = round ? (dx * dx) + (dy * dy) < 400 : Math.Max(Math.Abs(dx), Math.Abs(dy)) < 18;
            (pixels[i], pixels[i + 1], pixels[i + 2]) = inside ? colours[front] : ((byte)245, (byte)245, (byte)245);
        }

        return new RgbImage(width, height, pixels);
    }

    private sealed class NoNoise : INoiseStream
    {
        public void Draw(Span<float> destination) => throw new InvalidOperationException("This graph gives its sample itself.");
    }
}
