using System.Security.Cryptography;
using System.Text;
using RenderFarm.Diffusion;
using RenderFarm.Diffusion.Checkpoints;
using RenderFarm.Imaging;
using RenderFarm.Worker;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>Pixels that are a hash of the request and compress to about a given size, so that the farm around a renderer is what is measured.</summary>
/// <param name="bytes">Size of the file, about.</param>
/// <param name="started">Receives the seed of each image when its first instruction runs; may be null.</param>
internal sealed class NullPipeline(int bytes, Action<uint>? started) : ITextToImagePipeline
{
    // What the texts in a file take: recipe, parameters, profile.
    private const int Texts = 1_500;

    private readonly byte[] _noise = Noise(Math.Max(0, bytes - Texts));

    public int Slots => 64;

    public ExecutionEnvironment Environment { get; } = new("null 1.0", "none", "none");

    public Task<GenerationResult> GenerateAsync(
        GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default)
    {
        started?.Invoke(request.Seed);
        progress?.Report(new GenerationProgress(0, 1));
        var (side, rows) = (64, Math.Max(1, _noise.Length / (64 * 3)));
        var pixels = _noise.AsSpan(0, side * 3).ToArray().Concat(_noise.Skip(side * 3)).Take(side * rows * 3).ToArray();
        Array.Resize(ref pixels, side * rows * 3);
        SHA256.HashData(Encoding.UTF8.GetBytes($"{request.Prompt}/{request.Seed}")).CopyTo(pixels, 0);
        return Task.FromResult(new GenerationResult(new RgbImage(side, rows, pixels), request.Seed, TimeSpan.FromMilliseconds(1)));
    }

    public void Dispose()
    {
    }

    private static byte[] Noise(int length)
    {
        var noise = new byte[Math.Max(length, 64 * 3)];
        new Random(1).NextBytes(noise);
        return noise;
    }
}

/// <summary>Makes <see cref="NullPipeline"/>s for any checkpoint.</summary>
internal sealed class NullLoader(int bytes, Action<uint>? started) : IPipelineLoader
{
    public ITextToImagePipeline Load(Checkpoint checkpoint) => new NullPipeline(bytes, started);
}
