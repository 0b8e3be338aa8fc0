using System.Runtime.InteropServices;
using RenderFarm.Coordinator.Simulation;
using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;

namespace RenderFarm.Cli.Simulation;

/// <summary>The engine's <see cref="TurnSelection"/> for a simulated device.</summary>
/// <param name="slots">Most images in a call.</param>
internal sealed class EngineTurns(int slots) : ITurnOrder
{
    private const int VaeFactor = 8;
    private readonly TurnSelection _selection = new(new TurnLimits(slots, 2 * slots, VaeFactor * VaeFactor, TimestepPerRow: true));
    private readonly List<Candidate> _line = [];
    private readonly List<Candidate> _chosen = [];

    public void Enter(SimulatedImage image)
    {
        var candidate = new Candidate(image);
        _selection.Enter(candidate);
        _line.Add(candidate);
    }

    public void Choose(List<SimulatedImage> chosen)
    {
        chosen.Clear();
        _selection.Choose(_line, _chosen, long.MaxValue);
        foreach (var candidate in CollectionsMarshal.AsSpan(_chosen)) chosen.Add(candidate.Image);
        if (_line.Count == 0) _chosen.Clear();
    }

    public void RemoveFinished() => _line.RemoveAll(candidate => candidate.TurnsLeft == 0);

    private sealed class Candidate(SimulatedImage image) : ITurnCandidate
    {
        public SimulatedImage Image { get; } = image;

        public CallShape Shape { get; } = new(new LatentShape(4, image.Side / VaeFactor, image.Side / VaeFactor), 77, 768);

        public int Rows => Image.Rows;

        public int TurnsLeft => Image.TurnsLeft;

        public float Timestep => Image.TurnsLeft;

        public long Due { get; set; }
    }
}
