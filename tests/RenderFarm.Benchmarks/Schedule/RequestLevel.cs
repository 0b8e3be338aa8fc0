namespace RenderFarm.Benchmarks.Schedule;

/// <summary>
/// Batching of whole requests, as farms without step-level batching do it: whoever waited longest starts when the device is free, others that may
/// join start with it, and nobody enters or leaves until all are done.
/// </summary>
/// <param name="maxImages">Most images that start together; 1 for one at a time.</param>
/// <param name="equalSteps">Whether only equal step counts start together; if not, everybody runs as long as the longest.</param>
internal sealed class RequestLevel(int maxImages, bool equalSteps) : IPolicy
{
    public void Run(SimulatedImage[] images, Device device)
    {
        List<SimulatedImage> line = [], batch = [];
        var (now, next) = (0.0, 0);
        while (next < images.Length || line.Count > 0)
        {
            if (line.Count > IPolicy.Overload) return;
            if (line.Count == 0) now = Math.Max(now, images[next].Arrival);
            for (; next < images.Length && images[next].Arrival <= now; next++) line.Add(images[next]);

            batch.Clear();
            foreach (var image in line)
            {
                if (batch.Count > 0 && (image.Shape != batch[0].Shape || (equalSteps && image.Steps != batch[0].Steps))) continue;
                batch.Add(image);
                if (batch.Count == maxImages) break;
            }

            now += (batch.Max(image => image.Steps) * device.Cost(batch.Sum(image => image.Size))) + (batch.Count * Device.Decode);
            foreach (var image in batch) image.Latency = now - image.Arrival;
            line.RemoveAll(batch.Contains);
        }
    }
}
