using RenderFarm.Coordinator.Dispatch;

namespace RenderFarm.Coordinator.Simulation;

/// <summary>
/// A device: a UNet call takes a fixed part and a part that grows with rows × pixels. The fixed part is a third of what two rows of 512×512 take, as
/// fitted to an A100 in the benchmarks' <c>schedule</c>. Decoding is left out.
/// </summary>
internal sealed class SimulatedDevice
{
    /// <summary>Images in a call, at most.</summary>
    public const int Slots = 8;

    private const double Unit = 512 * 512 * 2;
    private const double FixedPart = 0.33;
    private readonly double _speed;

    /// <param name="number">Its number in the fleet.</param>
    /// <param name="kind">Its kind, which is its execution profile.</param>
    /// <param name="speed">Pixel-steps per second in calls of <see cref="Slots"/> images of 512×512.</param>
    /// <param name="order">Who is in the next call.</param>
    public SimulatedDevice(int number, string kind, double speed, ITurnOrder order)
    {
        // The rows alone go faster than the whole call.
        _speed = speed * (Slots + FixedPart) / Slots;
        (Kind, Order) = (kind, order);
        Load = new DeviceLoad
        {
            Worker = $"worker-{number}",
            Device = "gpu",
            Slots = Slots,
            Profile = kind,
            Speed = speed,
            IsMeasured = true,
            Checkpoints = FarmSimulation.Checkpoints,
        };
    }

    public string Kind { get; }

    public ITurnOrder Order { get; }

    /// <summary>What dispatch sees of it.</summary>
    public DeviceLoad Load { get; }

    /// <summary>Images of the call that runs; empty while it is idle.</summary>
    public List<SimulatedImage> Call { get; } = [];

    /// <summary>Seconds it was in a call.</summary>
    public double Busy { get; private set; }

    /// <summary>Begins the next call and returns how long it takes; null when nobody is there.</summary>
    public double? Begin()
    {
        Order.Choose(Call);
        if (Call.Count == 0) return null;
        var work = FixedPart * Unit;
        foreach (var image in Call) work += (double)image.Side * image.Side * image.Rows;
        Busy += work / _speed;
        return work / _speed;
    }
}
