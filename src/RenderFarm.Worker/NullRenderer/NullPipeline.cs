using System.Security.Cryptography;
using System.Text;
using RenderFarm.Diffusion;
using RenderFarm.Imaging;

namespace RenderFarm.Worker.NullRenderer;

/// <summary>
/// Renders nothing: eight by eight pixels that are a hash of the request, after a set time. The farm around a renderer can then be measured and killed without
/// one. The profile in every image says so, and only the setting <c>RenderFarm:Worker:Renderer=null</c> brings it in.
/// </summary>
internal sealed class NullPipeline(int slots, TimeSpan time, TimeProvider clock) : ITextToImagePipeline
{
    /// <summary>What its images come from.</summary>
    public static readonly ExecutionEnvironment Nothing = new("null 1.0", "none", "none");

    private const int Side = 8;
    private readonly SemaphoreSlim _places = new(slots, slots);

    public int Slots => slots;

    public ExecutionEnvironment Environment => Nothing;

    public async Task<GenerationResult> GenerateAsync(
        GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default)
    {
        await _places.WaitAsync(cancellation);
        try
        {
            progress?.Report(new GenerationProgress(0, 1));
            if (time > TimeSpan.Zero) await Task.Delay(time, clock, cancellation);
            progress?.Report(new GenerationProgress(1, 1));
            return new GenerationResult(Pixels(request), request.Seed, time > TimeSpan.Zero ? time : TimeSpan.FromMilliseconds(1));
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    private static RgbImage Pixels(GenerationRequest request)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{request.Seed} {request.Steps} {request.Prompt}"));
        var pixels = new byte[Side * Side * 3];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = hash[i % hash.Length];
        return new RgbImage(Side, Side, pixels);
    }
}
