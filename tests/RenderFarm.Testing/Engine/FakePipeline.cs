using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using RenderFarm.Diffusion;
using RenderFarm.Imaging;

namespace RenderFarm.Testing.Engine;

/// <summary>
/// A pipeline whose pixels are a hash of the request: as deterministic as the real one, at no cost. Faults that nature will not supply are asked for
/// by prompt: <c>hold</c> waits until <see cref="Release"/> or its cancellation, <c>deaf</c> until <see cref="Release"/> alone, <c>queue</c> likewise but before it
/// has its slot, <c>fail</c> fails, <c>not finite</c> and <c>no upscaler</c> fail by name. Verdicts of a safety checker come by prompt too: <c>unsafe</c> is
/// flagged, <c>scoreless</c> has a score that is no number.
/// </summary>
public sealed class FakePipeline : ITextToImagePipeline
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _started = new();
    private int _generated;

    public int Slots => 4;

    public ExecutionEnvironment Environment { get; } = new("fake 1.0", "none", "none");

    public bool IsDisposed { get; private set; }

    /// <inheritdoc />
    public TimeSpan? LongestCall { get; set; }

    /// <summary>Images begun so far.</summary>
    public int Generated => Volatile.Read(ref _generated);

    /// <summary>Completes when a request with this prompt has its slot.</summary>
    public Task Started(string prompt) => Signal(prompt).Task;

    /// <summary>Lets every held request go on.</summary>
    public void Release() => _released.TrySetResult();

    public async Task<GenerationResult> GenerateAsync(
        GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (request.Prompt.Contains("queue", StringComparison.Ordinal)) await _released.Task;
        Interlocked.Increment(ref _generated);
        progress?.Report(new GenerationProgress(0, 2));
        Signal(request.Prompt).TrySetResult();
        if (request.Prompt.Contains("hold", StringComparison.Ordinal)) await _released.Task.WaitAsync(cancellation);
        if (request.Prompt.Contains("deaf", StringComparison.Ordinal)) await _released.Task;
        if (request.Prompt.Contains("not finite", StringComparison.Ordinal))
            throw new GenerationException(GenerationError.NotFinite, "The latent became infinite or NaN.");
        if (request.Prompt.Contains("out of memory", StringComparison.Ordinal))
            throw new GenerationException(GenerationError.OutOfMemory, "The device's memory does not hold one image.");
        if (request.Prompt.Contains("no upscaler", StringComparison.Ordinal))
            throw new GenerationException(GenerationError.UpscalerMissing, "No file in the folder of upscalers has the digest.");
        if (request.Prompt.Contains("fail", StringComparison.Ordinal)) throw new InvalidOperationException("The fake was asked to fail.");
        progress?.Report(new GenerationProgress(2, 2));
        return Judged(request.Prompt, new GenerationResult(Pixels(request), request.Seed, TimeSpan.FromMilliseconds(5)));
    }

    public void Dispose() => IsDisposed = true;

    private static GenerationResult Judged(string prompt, GenerationResult result) => prompt switch
    {
        "unsafe" => result with { SafetyFlag = true, SafetyScore = 0.25 },
        "scoreless" => result with { SafetyFlag = false, SafetyScore = double.NaN },
        _ => result,
    };

    private TaskCompletionSource Signal(string prompt) =>
        _started.GetOrAdd(prompt, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private static RgbImage Pixels(GenerationRequest request)
    {
        var (width, height) = (request.Width ?? 64, request.Height ?? 64);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(request.ToString()));
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = hash[i % hash.Length];
        return new RgbImage(width, height, pixels);
    }
}
