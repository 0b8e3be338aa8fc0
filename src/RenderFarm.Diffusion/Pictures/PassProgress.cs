namespace RenderFarm.Diffusion.Pictures;

/// <summary>Progress of the second of two passes, told on: its turns follow those of the first without a gap.</summary>
/// <param name="watcher">Who is told.</param>
/// <param name="before">Turns of the first pass.</param>
/// <param name="skipped">Turns of the second pass's sampler that are not run.</param>
internal sealed class PassProgress(IProgress<GenerationProgress> watcher, int before, int skipped) : IProgress<GenerationProgress>
{
    /// <inheritdoc />
    public void Report(GenerationProgress value)
    {
        // Its turn 0 is the last of the first pass, which was reported already.
        if (value.Turn > skipped) watcher.Report(new GenerationProgress(before + value.Turn - skipped, before + value.Turns - skipped));
    }

    /// <summary>Progress of the first pass: the same turns, of more.</summary>
    /// <param name="watcher">Who is told; null for nobody.</param>
    /// <param name="later">Turns of the second pass; 0 where there is none.</param>
    public static IProgress<GenerationProgress>? First(IProgress<GenerationProgress>? watcher, int later) =>
        watcher is null || later == 0 ? watcher : new Longer(watcher, later);

    private sealed class Longer(IProgress<GenerationProgress> watcher, int later) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => watcher.Report(value with { Turns = value.Turns + later });
    }
}
