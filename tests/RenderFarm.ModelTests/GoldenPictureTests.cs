using System.Globalization;
using System.Text.Json;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Diffusion.Noise;
using RenderFarm.Imaging;
using RenderFarm.Testing;
using Xunit;

namespace RenderFarm.ModelTests;

/// <summary>
/// Whole pictures against those that diffusers 0.27.2 made with the demo checkpoint's weights (golden/e2e; each case.json has the settings).
/// </summary>
public sealed class GoldenPictureTests(DemoPipeline demo) : IClassFixture<DemoPipeline>
{
    private static readonly string Folder = Repository.PathTo("tests", "RenderFarm.ModelTests", "golden", "e2e");

    public static TheoryData<string> Cases => [.. Directory.GetDirectories(Folder).Select(folder => Path.GetFileName(folder)!).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Picture_is_within_50_dB_of_the_reference(string name)
    {
        var request = Read(name);
        var result = await demo.Pipeline.GenerateAsync(request, cancellation: TestContext.Current.CancellationToken);
        var decibels = PeakSignalToNoise.Decibels(Picture(name, "image.png")!, result.Image);
        Assert.True(decibels >= 50, string.Create(CultureInfo.InvariantCulture, $"{name}: {decibels:F1} dB"));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void First_noise_is_the_draw_torch_made(string name)
    {
        var tensors = Safetensors.Read(Path.Combine(Folder, name, "tensors.safetensors"));
        var noise = new float[256];
        NoiseStreams.Create("torch_cpu", Read(name).Seed).Draw(noise);
        Close.Assert(tensors.Floats("draw_000"), noise, 2e-6, "draw_000");
    }

    private static RgbImage? Picture(string name, string file) =>
        Path.Combine(Folder, name, file) is var path && File.Exists(path) ? ImageReader.Decode(File.ReadAllBytes(path), 64 * 64) : null;

    private static GenerationRequest Read(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, name, "case.json")).Replace("-Infinity", "null", StringComparison.Ordinal));
        var settings = document.RootElement;
        var config = settings.GetProperty("scheduler_config");
        var karras = config.TryGetProperty("use_karras_sigmas", out var flag) && flag.ValueKind == JsonValueKind.True;
        return new GenerationRequest
        {
            Prompt = settings.GetProperty("prompt").GetString()!,
            NegativePrompt = settings.GetProperty("negative_prompt").GetString() ?? "",
            Seed = settings.GetProperty("seed").GetUInt32(),
            Width = 64,
            Height = 64,
            Steps = settings.GetProperty("num_inference_steps").GetInt32(),
            GuidanceScale = settings.GetProperty("guidance_scale").GetDouble(),
            TimestepSpacing = config.GetProperty("timestep_spacing").GetString(),
            InitialImage = Picture(name, "init_image.png"),
            Mask = Picture(name, "mask.png"),
            Strength = settings.GetProperty("kwargs").TryGetProperty("strength", out var strength) ? strength.GetDouble() : 1,
            NoiseSchedule = karras ? "karras" : "uniform",
            MaskBlur = 0,
            Sampler = settings.GetProperty("scheduler").GetString() switch
            {
                "PNDMScheduler" => "plms",
                "DDIMScheduler" => "ddim",
                "EulerDiscreteScheduler" => "euler",
                "EulerAncestralDiscreteScheduler" => "euler_a",
                "LMSDiscreteScheduler" => "lms",
                "DPMSolverMultistepScheduler" => "dpmpp_2m",
                var other => throw new InvalidOperationException($"No sampler is mapped to {other}."),
            },
        };
    }
}
