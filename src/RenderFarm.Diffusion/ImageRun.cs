using RenderFarm.Diffusion.Noise;

namespace RenderFarm.Diffusion;

/// <summary>One image on its way through a pipeline: what its passes have in common.</summary>
/// <param name="request">What was asked for.</param>
/// <param name="settings">The same with every default in place.</param>
/// <param name="noise">Its own stream; whoever draws moves it on.</param>
/// <param name="cancellation">Takes it out.</param>
internal sealed class ImageRun(GenerationRequest request, GenerationSettings settings, INoiseStream noise, CancellationToken cancellation)
{
    private bool _began;

    public GenerationSettings Settings => settings;

    public GenerationRequest Request => request;

    public INoiseStream Noise => noise;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Clock reading of its first turn; of its preparation, as long as there was none.</summary>
    public required long Started { get; set; }

    /// <summary>A pass took its first turn; only the first pass counts.</summary>
    public void Began(long timestamp)
    {
        if (!_began) Started = timestamp;
        _began = true;
    }
}
