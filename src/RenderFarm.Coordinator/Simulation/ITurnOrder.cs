namespace RenderFarm.Coordinator.Simulation;

/// <summary>Who takes part in a device's next UNet call: the engine's own selection, which this project may not know.</summary>
public interface ITurnOrder
{
    /// <summary>An image arrives at the device.</summary>
    void Enter(SimulatedImage image);

    /// <summary>Fills a list with the images of the next call; leaves it empty when none is there.</summary>
    void Choose(List<SimulatedImage> chosen);

    /// <summary>Forgets the images that need no further call.</summary>
    void RemoveFinished();
}
