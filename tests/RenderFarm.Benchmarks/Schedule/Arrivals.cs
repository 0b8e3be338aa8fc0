namespace RenderFarm.Benchmarks.Schedule;

/// <summary>Poisson arrivals of a mix of images, drawn once so that every policy and rate meets the same ones.</summary>
internal sealed class Arrivals
{
    private readonly (double Time, int Steps, bool Large)[] _drawn;

    /// <param name="seed">Seed of the draw.</param>
    /// <param name="images">How many.</param>
    /// <param name="shortShare">Share of images with 4 steps, 0…1; the others take 15…60, uniformly, and 15 % of all are 768×768.</param>
    public Arrivals(int seed, int images, double shortShare = 0)
    {
        var random = new Random(seed);
        _drawn = new (double, int, bool)[images];
        var time = 0.0;
        for (var i = 0; i < images; i++)
        {
            time -= Math.Log(1 - random.NextDouble());
            var steps = random.Next(15, 61);
            var large = random.NextDouble() < 0.15;
            _drawn[i] = (time, random.NextDouble() < shortShare ? 4 : steps, large);
        }
    }

    /// <summary>The images at a rate.</summary>
    /// <param name="rate">Images a second.</param>
    public SimulatedImage[] At(double rate) => [.. _drawn.Select(image => new SimulatedImage(image.Time / rate, image.Steps, image.Large))];
}
