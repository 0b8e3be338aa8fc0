using RenderFarm.Diffusion.Denoising;
using RenderFarm.Diffusion.Engine;

namespace RenderFarm.Benchmarks.Schedule;

/// <summary>An image of the simulation: it costs time and has no pixels.</summary>
internal sealed class SimulatedImage(double arrival, int steps, bool large) : ITurnCandidate
{
    private static readonly CallShape Small = new(new LatentShape(4, 64, 64), 77, 768);
    private static readonly CallShape Large = new(new LatentShape(4, 96, 96), 77, 768);

    /// <summary>When it was asked for, seconds.</summary>
    public double Arrival => arrival;

    /// <summary>Steps it takes; one evaluation each.</summary>
    public int Steps { get; } = steps;

    /// <summary>Cost of its rows in a call, relative to 512×512. 768×768 costs more than its pixels, because of attention.</summary>
    public double Size => large ? 2.67 : 1;

    /// <inheritdoc />
    public CallShape Shape => large ? Large : Small;

    /// <inheritdoc />
    public int Rows => 2;

    /// <inheritdoc />
    public int TurnsLeft { get; set; } = steps;

    /// <inheritdoc />
    public float Timestep => TurnsLeft;

    /// <inheritdoc />
    public long Due { get; set; }

    /// <summary>Turns done when it entered the line.</summary>
    public long Entered { get; set; }

    /// <summary>Number of the turn that it last took part in.</summary>
    public long LastTurn { get; set; }

    /// <summary>From asked for to decoded, seconds; infinite while it has not ended.</summary>
    public double Latency { get; set; } = double.PositiveInfinity;
}
