using System.Security.Cryptography;
using System.Text;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Imaging;
using RenderFarm.Worker;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>Pixels that are a hash of the request and compress to about a given size, so that the farm around a renderer is what is measured.</summary>
/// <param name="bytes">Size of the file, about.</param>
/// <param name="time">How long an image takes in one of <see cref="Slots"/> places; zero for no time and any number at once.</param>
/// <param name="started">Receives the seed of each image when its first instruction runs; may be null.</param>
internal sealed class NullPipeline(int bytes, TimeSpan time, Action<uint>? started) : ITextToImagePipeline
{
    // What the texts in a file take: recipe, parameters, profile.
    private const int Texts = 1_500;

    private readonly byte[] _noise = Noise(Math.Max(0, bytes - Texts));

    private readonly SemaphoreSlim _places = new(8, 8);

    public int Slots => 8;

    public ExecutionEnvironment Environment { get; } = new("null 1.0", "none", "none");

    public async Task<GenerationResult> GenerateAsync(
        GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (time == TimeSpan.Zero) return Render(request, progress, time);
        await _places.WaitAsync(cancellation);
        try
        {
            var result = Render(request, progress, time);
            await Task.Delay(time, TimeProvider.System, cancellation);
            return result;
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    private GenerationResult Render(GenerationRequest request, IProgress<GenerationProgress>? progress, TimeSpan took)
    {
        started?.Invoke(request.Seed);
        progress?.Report(new GenerationProgress(0, 1));
        var (side, rows) = (64, Math.Max(1, _noise.Length / (64 * 3)));
        var pixels = _noise[..(side * rows * 3)];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{request.Prompt}/{request.Seed}")).CopyTo(pixels, 0);
        return new GenerationResult(new RgbImage(side, rows, pixels), request.Seed, took > TimeSpan.Zero ? took : TimeSpan.FromMilliseconds(1));
    }

    private static byte[] Noise(int length)
    {
        var noise = new byte[Math.Max(length, 64 * 3)];
        new Random(1).NextBytes(noise);
        return noise;
    }
}

/// <summary>Makes <see cref="NullPipeline"/>s for any checkpoint.</summary>
internal sealed class NullLoader(int bytes, TimeSpan time, Action<uint>? started) : IPipelineLoader
{
    public ITextToImagePipeline Load(Checkpoint checkpoint, string device) => new NullPipeline(bytes, time, started);
}
