using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Diffusion.Onnx;
using RenderFarm.Diffusion.Pictures;
using RenderFarm.Diffusion.Sampling;
using RenderFarm.Imaging;
using RenderFarm.Testing.Onnx.Networks;
using Xunit;

namespace RenderFarm.ModelTests.Pictures;

/// <summary>Inpainting UNets and ×4 upscalers as tiny graphs in a copy of the demo checkpoint: <see cref="DemoWithUNet"/>.</summary>
public sealed class PictureKindTests : IDisposable
{
    private static readonly OnnxSessionFactory Sessions = new(new PipelineOptions());
    private static readonly GenerationRequest Circle = new() { Prompt = "a red circle", Seed = 42, Steps = 4 };
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("renderfarm-kind-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Inpainting_UNet_is_shown_the_mask_and_the_picture_without_what_it_covers()
    {
        var (stage, checkpoint, unet) = Stage(9, labelled: false);
        using var _ = stage;
        using var __ = unet;
        Assert.True(stage is { SeesMask: true, Upscales: false });
        var request = Circle with { InitialImage = Picture(64, 64), Mask = LeftHalf(64, 64), Strength = 1, MaskBlur = 0 };
        var start = Begin(stage, checkpoint, request, new Recorded(), 8);
        Assert.Equal(5 * 64, start.Channels!.Length);
        for (var i = 0; i < 64; i++) Assert.Equal(i % 8 < 4 ? 1 : 0, start.Channels[i]);

        // What is covered does not show in the channels, what is not does.
        var repainted = request.InitialImage!.Pixels.ToArray();
        for (var i = 0; i < repainted.Length; i++) repainted[i] = i / 3 % 64 < 32 ? (byte)7 : repainted[i];
        Assert.Equal(start.Channels, Begin(stage, checkpoint, request with { InitialImage = new RgbImage(64, 64, repainted) }, new Recorded(), 8).Channels);
        Assert.NotEqual(start.Channels, Begin(stage, checkpoint, request with { InitialImage = Picture(64, 64, 2) }, new Recorded(), 8).Channels);
    }

    [Fact]
    public void Inpainting_draws_the_noise_first_and_the_covered_picture_s_sample_last()
    {
        var (stage, checkpoint, unet) = Stage(9, labelled: false);
        using var _ = stage;
        using var __ = unet;
        var (full, partly) = (new Recorded(), new Recorded());
        var request = Circle with { InitialImage = Picture(64, 64), Mask = LeftHalf(64, 64) };
        var first = Begin(stage, checkpoint, request with { Strength = 1 }, full, 8).First;
        Assert.Equal([256, 256], full.Lengths);
        Assert.Equal((0, (Inpainting?)null), (first.Turn, first.Inpainting));
        Assert.Null(Begin(stage, checkpoint, request with { Strength = 0.5 }, partly, 8).First.Inpainting);
        Assert.Equal([256, 256, 256], partly.Lengths);
    }

    [Fact]
    public async Task Inpainting_checkpoint_paints_from_text_and_pictures_alone_and_in_a_mix()
    {
        using var pipeline = StableDiffusionPipeline.Load(CheckpointWith(9, labelled: false));
        var painted = Circle with { InitialImage = Picture(64, 64), Mask = LeftHalf(64, 64), Strength = 1, MaskBlur = 2 };
        GenerationRequest[] requests =
        [
            Circle, painted, painted with { Strength = 0.5 }, painted with { Mask = null, Strength = 0.5 }, painted with { Mask = Corner(), InpaintArea = "masked", InpaintPadding = 4 },
            painted with { Mask = null, InpaintArea = "whole", Outpaint = new(16, 0, 0, 0) }, Circle with { HiresScale = 1.5 },
        ];
        var alone = new List<byte[]>();
        foreach (var request in requests) alone.Add((await pipeline.GenerateAsync(request, cancellation: Cancellation)).Image.Pixels);
        Assert.Equal(requests.Length, alone.Select(Convert.ToBase64String).Distinct().Count());
        var mixed = await Task.WhenAll(requests.Select(request => pipeline.GenerateAsync(request, cancellation: Cancellation)));
        Assert.Equal(alone, mixed.Select(result => result.Image.Pixels));
        for (var i = 0; i < alone[1].Length; i++)
        {
            if (i / 3 % 64 >= 38) Assert.Equal(painted.InitialImage!.Pixels[i], alone[1][i]);
        }
    }

    [Fact]
    public void Upscaler_is_shown_the_small_picture_under_noise_which_is_drawn_first()
    {
        var (stage, checkpoint, unet) = Stage(7, labelled: true);
        using var _ = stage;
        using var __ = unet;
        Assert.True(stage is { SeesMask: false, Upscales: true });
        var (noise, small) = (new Recorded(), Picture(16, 16));
        var request = Circle with { InitialImage = small, UpscaleNoiseLevel = 300 };
        var start = Begin(stage, checkpoint, request, noise, 16);
        Assert.Equal([3 * 256, 4 * 256], noise.Lengths);
        Assert.Equal(300, start.ClassLabel);

        var (drawn, alpha) = (new float[3 * 256], 1.0);
        NoiseStreams.Create("torch_cpu", 42).Draw(drawn);
        for (var t = 0; t <= 300; t++) alpha *= 1 - Math.Pow(Math.Sqrt(0.0001) + (t / 999.0 * (Math.Sqrt(0.02) - Math.Sqrt(0.0001))), 2);
        for (var i = 0; i < drawn.Length; i++)
        {
            var value = (small.Pixels[(i % 256 * 3) + (i / 256)] / 127.5) - 1;
            Assert.Equal((Math.Sqrt(alpha) * value) + (Math.Sqrt(1 - alpha) * drawn[i]), start.Channels![i], 1e-4);
        }
    }

    [Fact]
    public async Task Upscaling_checkpoint_makes_a_picture_larger_and_hears_of_the_noise_level()
    {
        using var pipeline = StableDiffusionPipeline.Load(CheckpointWith(7, labelled: true));
        var request = Circle with { InitialImage = Picture(16, 16) };
        var alone = await pipeline.GenerateAsync(request, cancellation: Cancellation);
        Assert.Equal((128, 128, 8), (alone.Image.Width, alone.Image.Height, pipeline.EnlargesBy));
        var mixed = await Task.WhenAll(new[] { request with { UpscaleNoiseLevel = 21 }, request, request with { InitialImage = Picture(16, 16, 2) } }
            .Select(other => pipeline.GenerateAsync(other, cancellation: Cancellation)));
        Assert.Equal(alone.Image.Pixels, mixed[1].Image.Pixels);
        Assert.Equal(3, mixed.Select(result => Convert.ToBase64String(result.Image.Pixels)).Distinct().Count());
    }

    public static TheoryData<GenerationRequest, string> RefusedByUpscalers => new()
    {
        { Circle, "initial_image is missing; allowed: an image, because this checkpoint enlarges a picture." },
        {
            Circle with { InitialImage = Picture(64, 64), Width = 64, Height = 64 },
            "initial_image is 64×64; allowed: the size of the image to be made divided by 8, 8×8."
        },
        { Circle with { InitialImage = Picture(16, 16), Mask = Picture(16, 16) }, "mask is given; allowed: none, because this checkpoint enlarges a picture." },
        { Circle with { InitialImage = Picture(16, 16), Outpaint = new(16, 0, 0, 0) }, "outpaint is given; allowed: none, because this checkpoint enlarges a picture." },
    };

    [Theory]
    [MemberData(nameof(RefusedByUpscalers))]
    public async Task What_an_upscaling_checkpoint_cannot_do_is_refused_by_name(GenerationRequest request, string message)
    {
        using var pipeline = StableDiffusionPipeline.Load(CheckpointWith(7, labelled: true));
        var error = await Assert.ThrowsAsync<GenerationException>(() => pipeline.GenerateAsync(request, cancellation: Cancellation));
        Assert.Equal((GenerationError.BadRequest, message), (error.Error, error.Message));
    }

    [Fact]
    public void UNet_with_channels_of_no_known_kind_is_refused_on_loading()
    {
        var error = Assert.Throws<CheckpointException>(() => StableDiffusionPipeline.Load(CheckpointWith(6, labelled: false)));
        Assert.EndsWith("it takes 2 channels beside the latent; run are 5 (inpainting) and 3 with class_labels (×4 upscaling).", error.Message, StringComparison.Ordinal);
    }

    private static PassStart Begin(PictureStage stage, Checkpoint checkpoint, GenerationRequest request, INoiseStream noise, int side)
    {
        var settings = GenerationSettings.From(request, checkpoint, stage.Upscales);
        var sampler = SamplerCatalog.Create(new TrainingSchedule(checkpoint.Training), settings.Sampler);
        return stage.Begin(request, PictureToPaint.From(request, settings), new LatentShape(4, side, side), sampler, noise);
    }

    private (PictureStage Stage, Checkpoint Checkpoint, UNet UNet) Stage(int channels, bool labelled)
    {
        var checkpoint = CheckpointWith(channels, labelled);
        var unet = new UNet(OnnxGraph.Load(checkpoint.UNetFile, Sessions));
        return (new PictureStage(checkpoint, unet.Layout, Sessions, null), checkpoint, unet);
    }

    private Checkpoint CheckpointWith(int channels, bool labelled) => Checkpoint.Open(DemoWithUNet.Write(_folder.FullName, channels, labelled));

    private static RgbImage Picture(int width, int height, int seed = 1)
    {
        var pixels = new byte[width * height * 3];
        new Random(seed).NextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }

    private static RgbImage LeftHalf(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = i / 3 % width < width / 2 ? (byte)255 : (byte)0;
        return new RgbImage(width, height, pixels);
    }

    /// <summary>White in the upper left quarter of each side.</summary>
    private static RgbImage Corner()
    {
        var pixels = new byte[64 * 64 * 3];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = i / 3 % 64 < 16 && i / 3 / 64 < 16 ? (byte)255 : (byte)0;
        return new RgbImage(64, 64, pixels);
    }

    /// <summary>The stream of seed 42, which remembers how much was drawn at a time.</summary>
    private sealed class Recorded : INoiseStream
    {
        private readonly INoiseStream _stream = NoiseStreams.Create("torch_cpu", 42);

        public List<int> Lengths { get; } = [];

        public void Draw(Span<float> destination)
        {
            Lengths.Add(destination.Length);
            _stream.Draw(destination);
        }
    }
}
