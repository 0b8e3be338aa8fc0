using System.Globalization;
using RenderFarm.Diffusion;
using RenderFarm.Imaging;

namespace RenderFarm.Testing.Faults.Inside;

/// <summary>
/// An engine whose steps last as long as asked and cost nothing, with pixels that depend on the recipe alone. A prompt that contains <c>poison</c> ends
/// the process in its second step; one that contains <c>stuck</c> never comes out of it where the environment says so, whoever asks.
/// </summary>
internal sealed class PacedPipeline(int slots, ExecutionEnvironment environment, TimeSpan step, KillSwitch kill) : ITextToImagePipeline
{
    /// <summary>Milliseconds of one step.</summary>
    public const string StepVariable = "RENDERFARM_STEP_MS";

    /// <summary>Set where prompts may get the engine stuck.</summary>
    public const string StuckVariable = "RENDERFARM_STUCK";

    private readonly SemaphoreSlim _slots = new(slots, slots);

    public int Slots => slots;

    public ExecutionEnvironment Environment => environment;

    public static TimeSpan StepFromEnvironment() => TimeSpan.FromMilliseconds(
        double.Parse(System.Environment.GetEnvironmentVariable(StepVariable) ?? "10", CultureInfo.InvariantCulture));

    public async Task<GenerationResult> GenerateAsync(
        GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default)
    {
        kill.Pass(KillPoint.CheckpointLoaded);
        await _slots.WaitAsync(cancellation);
        try
        {
            var turns = request.Steps ?? 1;
            progress?.Report(new GenerationProgress(0, turns));
            for (var turn = 1; turn <= turns; turn++)
            {
                await Task.Delay(step, TimeProvider.System, cancellation);
                if (turn == 2 && request.Prompt.Contains("poison", StringComparison.Ordinal)) kill.Kill();
                if (turn == 2 && request.Prompt.Contains("stuck", StringComparison.Ordinal) && System.Environment.GetEnvironmentVariable(StuckVariable) is not null)
                    await new TaskCompletionSource().Task;
                if (turn == Math.Max(1, turns / 2)) kill.Pass(KillPoint.MidStep);
                progress?.Report(new GenerationProgress(turn, turns));
            }

            kill.Pass(KillPoint.LastStep);
            // Nothing tells from outside when a file is half made; a moment after the pixels have left is when it is.
            if (kill.IsDue(KillPoint.Encoding)) _ = KillSoonAsync();
            return new GenerationResult(Pixels(request.Prompt, request.Seed, request.Width ?? 64, request.Height ?? 64), request.Seed, step * turns);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>The picture of a recipe.</summary>
    public static RgbImage Pixels(string prompt, uint seed, int width, int height)
    {
        // Noise drawn from a seed: PNG cannot make it small, so a file that was cut off or mixed up shows.
        var state = prompt.Aggregate(seed ^ 0x9E3779B97F4A7C15UL, (hash, letter) => (hash ^ letter) * 0x100000001B3UL);
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            state = (state * 6364136223846793005UL) + 1442695040888963407UL;
            pixels[i] = (byte)(state >> 56);
        }

        return new RgbImage(width, height, pixels);
    }

    public void Dispose() => _slots.Dispose();

    private async Task KillSoonAsync()
    {
        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        kill.Kill();
    }
}
