namespace RenderFarm.Benchmarks.Schedule;

/// <summary>A way to use a device.</summary>
internal interface IPolicy
{
    /// <summary>Images waiting at which a run is given up as overload: those left over keep their infinite latency.</summary>
    const int Overload = 1_000;

    /// <summary>Runs all images on a virtual clock and sets their <see cref="SimulatedImage.Latency"/>.</summary>
    /// <param name="images">In order of arrival.</param>
    /// <param name="device">What a call costs.</param>
    void Run(SimulatedImage[] images, Device device);
}
