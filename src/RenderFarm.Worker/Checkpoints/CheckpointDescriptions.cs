using RenderFarm.Contracts.Workers;
using RenderFarm.Diffusion.Checkpoints;

namespace RenderFarm.Worker.Checkpoints;

/// <summary>Checkpoints as the rest of the farm sees them.</summary>
public static class CheckpointDescriptions
{
    /// <summary>Describes a checkpoint.</summary>
    /// <param name="checkpoint">The opened folder.</param>
    /// <param name="digest">Digest of its files, which takes reading them all.</param>
    /// <exception cref="CheckpointException">A graph is damaged or of a kind that the engine does not run; the message names it.</exception>
    public static CheckpointDescription Of(Checkpoint checkpoint, string digest)
    {
        var anatomy = CheckpointAnatomy.Read(checkpoint);
        var only = anatomy.FixedSize;
        return new CheckpointDescription
        {
            Name = checkpoint.Name,
            Digest = digest,
            Width = only?.Width ?? checkpoint.Defaults.Width,
            Height = only?.Height ?? checkpoint.Defaults.Height,
            SideMultiple = checkpoint.SideMultiple,
            IsFixedSize = only is not null,
            OneTimestepPerCall = !anatomy.MixesSteps,
            ZeroesEmptyNegative = checkpoint.ZeroesEmptyNegative,
            EnlargesBy = anatomy.Purpose == CheckpointPurpose.Upscaling ? checkpoint.VaeFactor : null,
            Steps = checkpoint.Defaults.Steps,
            Sampler = checkpoint.Defaults.Sampler,
            NoiseSchedule = checkpoint.Defaults.NoiseSchedule,
            TimestepSpacing = checkpoint.Defaults.TimestepSpacing,
            GuidanceScale = checkpoint.Defaults.GuidanceScale,
        };
    }
}
