using RenderFarm.Diffusion.Engine;

namespace RenderFarm.Benchmarks.Schedule;

/// <summary>Gives an image its place in the line before every turn: how rules that were not taken are compared with the one that was.</summary>
/// <param name="image">The image.</param>
/// <param name="turn">Turns done so far.</param>
internal delegate long Order(SimulatedImage image, long turn);

/// <summary>Batching at every step, on a virtual clock. Who takes part in a call is chosen by the engine's own <see cref="TurnSelection"/>.</summary>
/// <param name="order">Another order than the engine's; null for the engine's.</param>
/// <param name="inProgress">Most images in the line; the others wait in order of arrival. Unlimited in the engine.</param>
internal sealed class StepLevel(Order? order = null, int inProgress = int.MaxValue) : IPolicy
{
    public void Run(SimulatedImage[] images, Device device)
    {
        var selection = new TurnSelection(new TurnLimits(Device.MaxImages, 2 * Device.MaxImages, 64, TimestepPerRow: true));
        List<SimulatedImage> line = [], chosen = [];
        var (now, next, turn) = (0.0, 0, 0L);
        while (next < images.Length || line.Count > 0)
        {
            if (line.Count > IPolicy.Overload) return;
            if (line.Count == 0) now = Math.Max(now, images[next].Arrival);
            for (; next < images.Length && images[next].Arrival <= now && line.Count < inProgress; next++)
            {
                selection.Enter(images[next]);
                images[next].Entered = turn;
                line.Add(images[next]);
            }

            if (order is not null) SetPlaces(line, turn);
            selection.Choose(line, chosen, long.MaxValue);
            now = Call(chosen, ++turn, now, device);
            line.RemoveAll(static image => image.TurnsLeft == 0);
        }
    }

    private static double Call(List<SimulatedImage> chosen, long turn, double now, Device device)
    {
        now += device.Cost(chosen.Sum(image => image.Size));
        foreach (var image in chosen)
        {
            image.LastTurn = turn;
            if (--image.TurnsLeft > 0) continue;
            now += Device.Decode;
            image.Latency = now - image.Arrival;
        }

        return now;
    }

    private void SetPlaces(List<SimulatedImage> line, long turn)
    {
        foreach (var image in line) image.Due = order!(image, turn);
    }
}
